package replay

import (
	"cmp"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/journey"
)

// drawn is a small catalogue of searched products.
func drawn(t *testing.T, seed uint64) *catalog.Catalog {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "drawn")
	opts := studio.Options{Seed: seed, Search: 10, Style: studio.Style{Size: 40}}
	if _, err := studio.Photograph(context.Background(), dir, synth.Catalog(seed, 10), opts, nil); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// kept makes the folder of a run whose epochs are networks drawn at random, with what it keeps of 40 photos.
func kept(t *testing.T, c *catalog.Catalog, dir, parent string, seeds ...uint64) {
	t.Helper()
	config, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	b, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Choose(engine.Request{Backend: b, Wish: engine.Fastest})
	if err != nil {
		t.Fatal(err)
	}
	k := &epochs.Keeper{Catalog: c, Photos: 40, Engine: e, Heads: b, Config: config, Log: func(string) {}}
	run, err := k.Begin(t.Context(), dir, epochs.Run{Key: "key", Name: filepath.Base(dir), Parent: parent, Kind: "train",
		Trains: "full", Epochs: len(seeds) - 1, Pixels: 32}, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n, seed := range seeds {
		if err := run.Keep(t.Context(), epochs.Epoch{Number: n, Loss: 1 / float64(n+1)},
			config.InitialValues(seed)); err != nil {
			t.Fatal(err)
		}
	}
}

// What epochs find, how they score, what is gained and lost and how far pairs are apart is what plain loops find.
func TestLookAgainstLoops(t *testing.T) {
	c, out := drawn(t, 1), t.TempDir()
	kept(t, c, filepath.Join(out, journey.RunsFolder, "1.8"), "1.2", 1, 2, 3)
	kept(t, c, filepath.Join(out, journey.RunsFolder, "softer"), "1.8@1", 2, 4)
	runs, err := Find(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2 || runs[0].Name != "1.8" || runs[0].Parent != "" || runs[1].Parent != "1.8" || runs[1].From != 1 {
		t.Fatalf("%+v", runs)
	}
	r, err := Look(t.Context(), c, runs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	byID := c.ByID()
	product := func(at int) string { return byID[r.Sample.Photos[at].ID].Product }
	hits := map[*Seen][]int{}
	for _, run := range runs {
		for _, e := range run.Epochs {
			var recall float64
			right, wrong := 0, 0
			for i, q := range r.Queries {
				type near struct {
					at     int
					cosine float64
				}
				var list []near
				relevant := 0
				for at, p := range r.Sample.Photos {
					if !p.Index {
						continue
					}
					var cosine float64
					for d, v := range e.kept.Vectors.Row(at) {
						cosine += float64(v) * float64(e.kept.Vectors.Row(q)[d])
					}
					list = append(list, near{at, cosine})
					if product(at) == product(q) {
						relevant++
						right++
					} else {
						wrong++
					}
				}
				slices.SortFunc(list, func(a, b near) int { return cmp.Compare(b.cosine, a.cosine) })
				n := 0
				for k, found := range list[:10] {
					if product(found.at) == product(q) {
						n++
					}
					if got := e.Seen.Near[i][k]; math.Abs(float64(got.Cosine)-found.cosine) > 1e-5 {
						t.Errorf("result %d of query %d has the cosine %g, not %g", k+1, i, got.Cosine, found.cosine)
					}
				}
				hits[e.Seen] = append(hits[e.Seen], n)
				recall += float64(n) / float64(relevant) / float64(len(r.Queries))
			}
			if !slices.Equal(e.Seen.Hits, hits[e.Seen]) || math.Abs(e.Seen.MAR.Value-recall) > 1e-9 {
				t.Errorf("%s, epoch %d: hits %v, MAR@10 %g, want %v, %g", run.Name, e.Number, e.Seen.Hits, e.Seen.MAR.Value,
					hits[e.Seen], recall)
			}
			if e.Seen.Right.Pairs != right || e.Seen.Wrong.Pairs != wrong || !(e.Seen.Right.Median < e.Seen.Wrong.Median) {
				t.Errorf("%d right and %d wrong pairs, want %d and %d; medians %g and %g", e.Seen.Right.Pairs,
					e.Seen.Wrong.Pairs, right, wrong, e.Seen.Right.Median, e.Seen.Wrong.Median)
			}
		}
	}
	from, to := runs[0].Epochs[0].Seen, runs[1].Epochs[1].Seen
	changes := Compare(from, to)
	var gained, lost int
	for q := range r.Queries {
		if hits[to][q] > hits[from][q] {
			gained++
			if !slices.Contains(changes.Gained, q) {
				t.Errorf("query %d is gained", q)
			}
		}
		if hits[to][q] < hits[from][q] {
			lost++
		}
	}
	if len(changes.Gained) != gained || len(changes.Lost) != lost || gained+lost+len(changes.Same) != len(r.Queries) {
		t.Errorf("%d gained, %d lost, %d the same; want %d and %d", len(changes.Gained), len(changes.Lost),
			len(changes.Same), gained, lost)
	}
	// The branch starts from the vectors of the epoch, which have the same points.
	if d := apart(runs[0].Epochs[1].Seen.Points, runs[1].Epochs[0].Seen.Points); d > 1e-9 {
		t.Errorf("the same network's points are %g apart", d)
	}
}

// Folders without runs, of another catalogue, and runs with another sample.
func TestOthers(t *testing.T) {
	c, out := drawn(t, 1), t.TempDir()
	if _, err := Find(out); !errors.Is(err, ErrNoRuns) {
		t.Errorf("got %v", err)
	}
	one, two := filepath.Join(out, "one"), filepath.Join(out, "two")
	kept(t, c, one, "0", 1, 2)
	if _, err := Find(one, one); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Errorf("got %v", err)
	}
	other := drawn(t, 2)
	runs, err := Find(one)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Look(t.Context(), other, runs, Options{}); !errors.Is(err, ErrCatalog) {
		t.Errorf("got %v", err)
	}
	kept(t, c, two, "0", 3)
	photo := c.File(c.ByID()[runs[0].Kept.Sample.Photos[1].ID])
	if err := os.Rename(photo, photo+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := Look(t.Context(), c, runs, Options{}); !errors.Is(err, ErrCatalog) ||
		!strings.Contains(err.Error(), "have other files or are gone") {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(photo+".away", photo); err != nil {
		t.Fatal(err)
	}
	runs, err = Find(one, two)
	if err != nil {
		t.Fatal(err)
	}
	runs[1].Kept.Sample.Photos = runs[1].Kept.Sample.Photos[:10]
	r, err := Look(t.Context(), c, runs, Options{})
	if err != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "Run two kept the vectors of other photos") ||
		runs[1].Epochs[0].Seen != nil || runs[0].Epochs[0].Seen == nil {
		t.Errorf("%v, %v", r.Notes, err)
	}
}
