package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Parts that are embedded by themselves and merged in any order are the files of one run, with which a run goes on.
func TestMerge(t *testing.T) {
	t.Parallel()
	at := miniCatalog(t, t.TempDir())
	embed := func(out string, more ...string) {
		t.Helper()
		done(t, append(append([]string{"embed", at("cat"), "--split", "index", "--out", at(out)}, mini32...), more...)...)
	}
	for n := range 3 {
		embed(fmt.Sprint("part", n+1), "--part", fmt.Sprintf("%d/3", n+1))
	}
	merge := func(parts ...string) []string {
		args := []string{"vectors", "merge", at("cat")}
		for _, p := range parts {
			args = append(args, at(p))
		}
		return append(args, "--split", "index", "--out", at("merged"))
	}
	done(t, merge("part2", "part3", "part1")...)
	read := func(name string) *vectors.Set {
		t.Helper()
		set, err := vectors.Read(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	whole := read("index")
	// To the last bit as in the parts; as in one run to rounding, which differs between batches on this backend.
	same := func() {
		t.Helper()
		merged := read("merged")
		if !slices.Equal(whole.IDs, merged.IDs) || merged.Origin.Part != "" || merged.Origin.List != whole.Origin.List {
			t.Errorf("merged are %v, of %+v", merged.IDs, merged.Origin)
		}
		part, row := []*vectors.Set{read("part1"), read("part2"), read("part3")}, make([]int, 3)
		for i, id := range merged.IDs {
			p := catalog.PartOf(id, 3).Number - 1
			if part[p].IDs[row[p]] != id || !slices.Equal(part[p].Row(row[p]), merged.Row(i)) {
				t.Errorf("%s has another vector than in its part", id)
			}
			row[p]++
			for j, v := range merged.Row(i) {
				if math.Abs(float64(v-whole.Row(i)[j])) > 1e-5 {
					t.Fatalf("%s has another vector than in one run", id)
				}
			}
		}
	}
	same()
	again := append([]string{"embed", at("cat"), "--split", "index", "--out", at("merged")}, mini32...)
	status, stdout, stderr := pvs(t, again...)
	if status != 0 || !strings.Contains(stdout, "no photo has changed") {
		t.Errorf("a run did not go on with what was merged: %s", stdout+stderr)
	}
	same()
	_, stdout, _ = pvs(t, append(merge("part1", "part2", "part3"), "--json")...)
	if !strings.Contains(stdout, `"new":0`) {
		t.Errorf("the second merge wrote anew: %s", stdout)
	}

	sentence(t, merge("part1", "part3"), "of 3 parts 1 are missing", "embed 2/3")
	sentence(t, merge("part1", "part2", "part3", "part1"), "both the part 1/3")
	sentence(t, merge("part1", "index"), "is not a part")
	embed("quarter", "--part", "2/4")
	sentence(t, merge("part1", "quarter"), "of one division")
	embed("larger", "--part", "2/3", "--pixels", "64")
	sentence(t, merge("part1", "larger", "part3"), "embed both")
	sentence(t, append(merge("part1", "part2", "part3"), "--split", "query"), "is of the split index")
	bad := []string{"embed", at("cat"), "--split", "index", "--out", at("x"), "--part", "4/3"}
	int8 := append(bad[:len(bad)-1:len(bad)-1], "1/3", "--precision", "int8")
	if status, _, stderr = pvs(t, int8...); status != 2 || !strings.Contains(stderr, "calibrated on its own photos") {
		t.Errorf("status %d: %s", status, stderr)
	}
	if status, _, stderr = pvs(t, bad...); status != 2 || !strings.Contains(stderr, "is no part") {
		t.Errorf("status %d: %s", status, stderr)
	}
}
