package retrieval

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

// Two queries gain, one loses, one stays as it was: the page has pairs of the first three, the most changed first.
func TestChanges(t *testing.T) {
	dir := t.TempDir()
	w, err := catalog.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	truth := map[string][]string{}
	for p := range 4 {
		for i, split := range []catalog.Split{catalog.Query, catalog.Index, catalog.Index} {
			id := fmt.Sprintf("%d%c", p, 'q'+i)
			if err := w.Write(catalog.Photo{ID: id, Path: id + ".png", Split: split, Product: fmt.Sprint(p)}); err != nil {
				t.Fatal(err)
			}
			if i > 0 {
				q := fmt.Sprintf("%dq", p)
				truth[q] = append(truth[q], id)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	entry := func(name, found string) *Entry {
		e := &Entry{Name: name}
		for line := range strings.FieldsSeq(found) {
			q, list, _ := strings.Cut(line, ":")
			var results []evaluate.Result
			for i, id := range strings.Split(list, ",") {
				results = append(results, evaluate.Result{Query: q, Rank: i + 1, Index: id})
			}
			e.Results = append(e.Results, results)
		}
		if e.Report, err = evaluate.Score(e.Results.Ranked(), truth, evaluate.Options{K: K}); err != nil {
			t.Fatal(err)
		}
		return e
	}
	g, err := Changes(c, entry("old", "0q:1r 1q:0r,1r 2q:2r,2s 3q:3r"),
		entry("new", "0q:0r,0s 1q:1r,1s 2q:0r,2s 3q:3s"), 5, 5)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range g.Rows {
		got = append(got, fmt.Sprintf("%s %s %d %s", r.Query.ID, r.Note, r.Hits, r.Heading))
	}
	want := []string{"0q before 0 2 queries find more; most of all", "0q after 2 ", "1q before 1 ", "1q after 2 ",
		"2q before 2 1 find less; least of all", "2q after 1 "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	if len(g.Systems) != 2 || g.Systems[0].Name != "new" || g.Systems[1].Name != "old" {
		t.Errorf("systems %v", g.Systems)
	}
	if err := g.PNG(filepath.Join(dir, "changes.png")); err != nil {
		t.Error(err)
	}
}
