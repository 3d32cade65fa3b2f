package main

import (
	"math"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// A photo is embedded as the mean of its views, those of an index alike, and other views are refused.
func TestEmbedViews(t *testing.T) {
	t.Parallel()
	at := miniCatalog(t, t.TempDir())
	embed := func(split, out string, flags ...string) {
		t.Helper()
		args := append([]string{"embed", at("cat"), "--split", split, "--out", at(out)}, mini32...)
		done(t, append(args, flags...)...)
	}
	views := []string{"--views", "A0,A2,a0@64"}
	embed("index", "index-views", views...)
	embed("query", "query-views", views...)
	embed("query", "mirrored", "--views", "A2")
	embed("query", "large", "--views", "A0@64")
	if note := noteOf(t, at("index-views")); len(note["views"].([]any)) != 3 || note["views"].([]any)[2] != "A0@64" {
		t.Errorf("index-views.json: %v", note["views"])
	}
	if note := noteOf(t, at("large")); note["pixels"] != 64.0 || note["views"].([]any)[0] != "A0" {
		t.Errorf("the whole photo at 64 pixels: %v", note)
	}

	// The mean of the views one by one.
	var sets []*vectors.Set
	for _, name := range []string{"query-views", "query", "mirrored", "large"} {
		set, err := vectors.ReadUnit(at(name))
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, set)
	}
	for i := range sets[0].IDs {
		length := 0.0
		mean := make([]float64, sets[0].Dim)
		for d := range mean {
			for _, one := range sets[1:] {
				mean[d] += float64(one.Row(i)[d])
			}
			length += mean[d] * mean[d]
		}
		for d, v := range sets[0].Row(i) {
			if want := mean[d] / math.Sqrt(length); math.Abs(float64(v)-want) > 1e-5 {
				t.Fatalf("vector %d has %g at place %d, want %g", i, v, d, want)
			}
		}
	}

	all, _ := foundIn(t, at("index-views"), "--queries", at("query-views"))
	photo := photosOf(t, at("cat"), "query")[0]
	one, _ := foundIn(t, at("index-views"), "--image", photo)
	again := foundBy{}
	for key, score := range one {
		_, id, _ := strings.Cut(key, " ")
		again[sets[0].IDs[0]+" "+id] = score
	}
	again.same(t, "by photo", all)
	done(t, append([]string{"search", "--index", at("index-views"), "--image", photo}, views...)...)
	done(t, "index", "create", at("cat"), "--vectors", at("index-views"), "--out", at("disk"))
	disk, _ := foundIn(t, at("disk"), "--queries", at("query-views"))
	disk.same(t, "on disk", all)

	search := func(index string, more ...string) []string {
		return append([]string{"search", "--index", at(index)}, more...)
	}
	sentence(t, search("index-views", "--queries", at("query")), "views A0@32 A2@32 A0@64", "views A0;")
	sentence(t, search("index", "--image", photo, "--views", "A0,A2"), "--views A0,A2 says otherwise")
	embedded := append([]string{"embed", at("cat"), "--split", "index", "--out", at("x")}, mini32...)
	sentence(t, append(embedded, "--views", "A0,A6"), "the view A6 of a photo is not always the same")
	sentence(t, append(embedded, "--views", "A0,A0@32"), "A0@32 is named twice")
	for flags, say := range map[string]string{
		"--views A12":                    `no view is called "A12"`,
		"--views A0@7":                   `"A0@7" has no size of 32 to 2048 pixels`,
		"--views @64":                    "names no view",
		"--views A0,A2 --precision int8": "in int8",
	} {
		misused(t, append(embedded, strings.Fields(flags)...), say)
	}
	misused(t, []string{"embed", at("cat"), "--split", "index", "--out", at("x"), "--baseline", "--views", "A0,A2"},
		"leave out --views A0,A2")
}
