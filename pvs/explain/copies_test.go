package explain_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/explain"
)

// The gain without copies is that of a search in an index without them, also where more copies stand behind the first
// ten results than among them.
func TestCopiesBehindTheFirstTen(t *testing.T) {
	c := toyCatalog(t, 8, 0)
	dir := t.TempDir()
	w, err := catalog.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	const each = 3 // copies of each right photo of the first query
	for _, p := range c.Photos {
		if p.Path, err = filepath.Abs(c.File(p)); err != nil {
			t.Fatal(err)
		}
		list := []catalog.Photo{p}
		for k := range each {
			if p.Product == "t0" && p.Split == catalog.Index {
				list = append(list, p)
				list[k+1].ID, list[k+1].Product = fmt.Sprintf("copy-%s-%d", p.ID, k), "copies"
			}
		}
		for _, p := range list {
			if err := w.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	copied, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{toy{}, map[[32]byte][]float32{}}
	_, without := tr.score(t, c)
	search, with := tr.score(t, copied)
	report, err := explain.Explain(context.Background(), search, explain.Options{Embedder: toy{}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	brings := without.MAR().Value - with.MAR().Value
	for _, s := range report.Causes {
		if s.Cause == explain.Copies {
			if got := s.Best().Gain; got < brings-1e-9 || got > brings+1e-9 || brings < 0.01 {
				t.Errorf("%.4f is predicted, and a search without the copies brings %.4f", got, brings)
			}
			if gain := s.Best().Queries["t0-0"]; gain <= 0 {
				t.Errorf("the query gains %g", gain)
			}
			return
		}
	}
	t.Error("copies are no cause")
}
