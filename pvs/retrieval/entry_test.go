package retrieval

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// sample is a catalogue of two products, red and blue, with a query and index photos of
// their colour, and of a third product in the index.
func sample(t testing.TB) *catalog.Catalog {
	dir := t.TempDir()
	w, err := catalog.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		id, product string
		split       catalog.Split
		c           color.NRGBA
	}{
		{"q-red", "red", catalog.Query, color.NRGBA{200, 20, 20, 255}},
		{"q-blue", "blue", catalog.Query, color.NRGBA{20, 20, 200, 255}},
		{"red-1", "red", catalog.Index, color.NRGBA{200, 20, 20, 255}},
		{"red-2", "red", catalog.Index, color.NRGBA{210, 25, 20, 255}},
		{"blue-1", "blue", catalog.Index, color.NRGBA{20, 20, 200, 255}},
		{"other", "other", catalog.Index, color.NRGBA{20, 200, 20, 255}},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
		for i := 0; i < len(m.Pix); i += 4 {
			copy(m.Pix[i:], []uint8{p.c.R, p.c.G, p.c.B, 255})
		}
		f, err := os.Create(filepath.Join(dir, p.id+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(catalog.Photo{ID: p.id, Path: p.id + ".png", Split: p.split, Product: p.product,
			Category: "Squares", Title: p.id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ExampleResults_Ranked() {
	index := &vectors.Set{IDs: []string{"a", "b"}, Dim: 2, Data: []float32{1, 0, 0, 1}}
	queries := &vectors.Set{IDs: []string{"q"}, Dim: 2, Data: []float32{0.6, 0.8}}
	exact, err := NewIndex(index, queries.Len(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := Search(context.Background(), exact, queries, 2)
	fmt.Println(results.Ranked(), err)
	// Output: map[q:[b a]] <nil>
}

func TestScore(t *testing.T) {
	c := sample(t)
	dir := filepath.Join(t.TempDir(), "histogram")
	steps := 0
	opts := Options{Progress: func(string) (func(done, total int), func()) {
		steps++
		return func(int, int) {}, func() {}
	}}
	e, err := Score(t.Context(), c, embed.Histogram{}, "colours", dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	// Every index photo of a query is among the ten nearest of four.
	if mar := e.Report.MAR().Value; mar != 1 || e.Report.Queries != 2 || steps != 2 {
		t.Errorf("MAR %g over %d queries in %d steps", mar, e.Report.Queries, steps)
	}
	if first := e.Results.Ranked()["q-blue"][0]; first != "blue-1" {
		t.Errorf("nearest of q-blue is %s", first)
	}
	if _, err := os.Stat(e.Ranked); err != nil {
		t.Error(err)
	}
	g, err := Gallery(c, e, e)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Systems) != 2 || len(g.Rows) != 2 || len(g.Rows[0].Results) != 4 ||
		!strings.HasPrefix(g.Subtitle, "colours · MAR@10 = 1.000") {
		t.Errorf("gallery: %+v", g)
	}
	for _, r := range g.Rows {
		for _, res := range r.Results {
			if res.Right != (res.Product == r.Query.Product) {
				t.Errorf("%s for %s: right is %v", res.ID, r.Query.ID, res.Right)
			}
		}
	}

	// A second start embeds nothing, one on other photos does.
	if _, err := Score(t.Context(), c, embed.Histogram{}, "colours", dir, opts); err != nil || steps != 2 {
		t.Errorf("again: %v, %d steps", err, steps)
	}
	c.Photos = slices.DeleteFunc(c.Photos, func(p catalog.Photo) bool { return p.ID == "other" })
	if _, err := Score(t.Context(), c, embed.Histogram{}, "colours", dir, opts); err != nil || steps != 3 {
		t.Errorf("with another index: %v, %d steps", err, steps)
	}
}

func TestErrors(t *testing.T) {
	c := sample(t)
	if _, err := Gallery(c); err == nil {
		t.Error("a gallery of nothing")
	}
	c.Photos = slices.DeleteFunc(c.Photos, func(p catalog.Photo) bool { return p.Split == catalog.Query })
	if _, err := Score(t.Context(), c, embed.Histogram{}, "colours", t.TempDir(), Options{}); err == nil ||
		!strings.Contains(err.Error(), "no photos in the split query") {
		t.Errorf("got %v", err)
	}
	index := &vectors.Set{IDs: []string{"a"}, Dim: 2, Data: []float32{1, 0}}
	exact, err := NewIndex(index, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Search(t.Context(), exact, &vectors.Set{IDs: []string{"q"}, Dim: 1, Data: []float32{1}}, 2); err == nil ||
		!strings.Contains(err.Error(), "same network") {
		t.Errorf("got %v", err)
	}
}

// A backend is started for large searches only, and its failure is the search's.
func TestNewIndexStarts(t *testing.T) {
	none := errors.New("none")
	start := func() (compute.Backend, error) { return nil, none }
	index := &vectors.Set{IDs: []string{"a"}, Dim: 2, Data: []float32{1, 0}}
	if _, err := NewIndex(index, 1000, start); err != nil {
		t.Error(err)
	}
	if _, err := NewIndex(index, 3e9, start); !errors.Is(err, none) {
		t.Errorf("got %v", err)
	}
}
