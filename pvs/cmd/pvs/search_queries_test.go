package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Several photos of one thing are one query, in vectors and in an index on disk alike: each score is the mean of those
// of the photos, over the length of their mean.
func TestSeveralPhotosOfOneThing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	done(t, "data", "synth", "--products", "6", "--size", "64", "--out", at("cat"))
	done(t, "embed", at("cat"), "--split", "index", "--baseline", "--out", at("index"))
	done(t, "embed", at("cat"), "--split", "query", "--baseline", "--out", at("query"))
	done(t, "index", "create", at("cat"), "--split", "index", "--vectors", at("index"), "--out", at("disk"))
	photos := photosOf(t, at("cat"), "query")
	a, b := photos[0], photos[1]
	found := func(index string, images ...string) map[string]float64 {
		t.Helper()
		args := []string{"search", "--index", at(index), "--k", "100"}
		for _, image := range images {
			args = append(args, "--image", image)
		}
		status, stdout, stderr := pvs(t, args...)
		said := fmt.Sprintf("%d photos of one thing are one query", len(images))
		if status != 0 || strings.Contains(stderr, said) != (len(images) > 1) {
			t.Fatalf("%v: %s", args, stderr)
		}
		rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		scores := map[string]float64{}
		for _, row := range rows[1:] {
			if want := strings.Join(images, " + "); row[0] != want {
				t.Fatalf("a result of the query %q, want %q", row[0], want)
			}
			if scores[row[2]], err = strconv.ParseFloat(row[3], 64); err != nil {
				t.Fatal(err)
			}
		}
		return scores
	}
	queries, err := vectors.ReadUnit(at("query"))
	if err != nil {
		t.Fatal(err)
	}
	cosine := 0.0
	for d, v := range queries.Row(0) {
		cosine += float64(v) * float64(queries.Row(1)[d])
	}
	length := math.Sqrt((1 + cosine) / 2) // of the mean of two unit vectors
	ofA, ofB := found("index", a), found("index", b)
	for _, index := range []string{"index", "disk"} {
		both := found(index, a, b)
		if len(both) != len(ofA) || len(both) == 0 {
			t.Fatalf("%s: %d results, want %d", index, len(both), len(ofA))
		}
		for id, score := range both {
			if want := (ofA[id] + ofB[id]) / 2 / length; math.Abs(score-want) > 1e-4 {
				t.Errorf("%s: %s scores %g, want %g", index, id, score, want)
			}
		}
	}
	figures, _ := done(t, "search", "--index", at("disk"), "--image", a, "--image", b)
	if figures["queries"] != 1.0 || figures["photos"] != 2.0 || len(figures["results"].([]any)) != 10 {
		t.Errorf("got %v", figures)
	}

	comma := at("red, front.png") // one name
	data, err := os.ReadFile(a)
	if err == nil {
		err = os.WriteFile(comma, data, 0o644)
	}
	if err == nil {
		err = os.WriteFile(at("broken.jpg"), data[:len(data)/3], 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	found("index", comma, b)
	search := []string{"search", "--index", at("index"), "--image", a}
	with := func(more ...string) []string { return append(slices.Clone(search), more...) }
	sentence(t, with("--image", at("broken.jpg")), at("broken.jpg"))
	sentence(t, with("--image", at("gone.jpg"), "--image", b), at("gone.jpg"))
	sentence(t, with("--image", a), "named twice")
	misused(t, with("--queries", at("query")), "--queries and --image can't be used together")
	misused(t, with("--image", ""), "--image is empty")
}
