package index

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// unit scales a vector to length 1.
func unit(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(sum))
	}
	return v
}

// shop makes n photos of products of three, which lie close together, in two categories.
func shop(n, dim int, seed uint64) []Entry {
	rng := rand.New(rand.NewPCG(seed, 0))
	var out []Entry
	var centre []float32
	for i := range n {
		if i%3 == 0 {
			centre = make([]float32, dim)
			for d := range centre {
				centre[d] = float32(rng.NormFloat64())
			}
		}
		v := slices.Clone(centre)
		for d := range v {
			v[d] += 0.3 * float32(rng.NormFloat64())
		}
		out = append(out, Entry{Photo{ID: fmt.Sprint("photo-", i), Product: fmt.Sprint("product-", i/3),
			Category: catalog.Category([]string{"Kitchen > Mugs", "Kitchen > Pans", "Garden"}[i/3%3]),
			Title:    fmt.Sprint("Title ", i/3), Path: fmt.Sprintf("/photos/%d.jpg", i),
			Fields: map[string]string{"colour": []string{"red", "blue"}[i%2]}}, unit(v)})
	}
	return out
}

// list is entries as Create takes them.
func list(entries []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// made makes an index of entries and opens it.
func made(t testing.TB, entries []Entry) *Index {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "index")
	if _, err := Create(t.Context(), dir, Options{Dim: len(entries[0].Vector)}, list(entries)); err != nil {
		t.Fatal(err)
	}
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return ix
}

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	mug := Entry{Photo{ID: "a", Product: "mug"}, []float32{1, 0}}
	pan := Entry{Photo{ID: "b", Product: "pan"}, []float32{0, 1}}
	made, err := Create(context.Background(), filepath.Join(dir, "shop"), Options{Dim: 2,
		Origin: &vectors.Origin{Network: "mini"}}, list([]Entry{mug, pan}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.Photos, made.Network)
	ix, err := Open(filepath.Join(dir, "shop"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ix.Close()
	found, err := ix.Search(context.Background(), Query{Vector: []float32{0.6, 0.8}, K: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.1f\n", found.Hits[0].Product, found.Hits[0].Score)
	// Output:
	// 2 mini
	// pan 0.8
}

// What is put in is found, by photo and by product, and what is changed is found changed once it is refreshed.
func TestChanges(t *testing.T) {
	t.Parallel()
	entries := shop(300, 24, 1)
	ix := made(t, entries)
	ctx := t.Context()
	before := ix.Snapshot()
	defer before.Release()
	w, err := OpenWriter(ix.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	moved := entries[7]
	moved.Vector, moved.Title = unit(append([]float32{1}, make([]float32, 23)...)), "moved"
	more := shop(12, 24, 2)
	for i := range more {
		more[i].ID, more[i].Product = "new-"+more[i].ID, "new-"+more[i].Product
	}
	done, err := w.Apply(ctx, Change{Put: append(more, moved), Remove: []string{"photo-3", "none"}})
	if err != nil || done.Added != 12 || done.Replaced != 1 || done.Removed != 1 ||
		!slices.Equal(done.Missing, []string{"none"}) {
		t.Fatal(done, err)
	}
	if again, err := ix.Refresh(ctx); !again || err != nil {
		t.Fatal(again, err)
	}
	if again, err := ix.Refresh(ctx); again || err != nil {
		t.Fatal(again, err)
	}
	now := ix.Snapshot()
	defer now.Release()
	if now.State() != done.State || before.State() >= now.State() || before.Photos() != 300 || now.Photos() != 311 {
		t.Errorf("states %d and %d, %d and %d photos", before.State(), now.State(), before.Photos(), now.Photos())
	}
	first, ninth, where := entries[0].Vector, entries[9].Vector, func(field, value string) map[string]string {
		return map[string]string{field: value}
	}
	for what, c := range map[string]struct {
		of    *Snapshot
		query Query
		first string
		only  int
		kind  error
	}{
		"removed, before":     {before, Query{Vector: entries[3].Vector, K: 1}, "photo-3", 1, nil},
		"added":               {now, Query{Vector: more[0].Vector, K: 3}, "new-photo-0", 3, nil},
		"moved":               {now, Query{Vector: moved.Vector, K: 1}, "photo-7", 1, nil},
		"category":            {now, Query{Vector: first, K: 10_000, Category: "Kitchen > Mugs"}, "photo-0", 108, nil},
		"category above":      {now, Query{Vector: first, K: 10_000, Category: "Kitchen"}, "photo-0", 209, nil},
		"field":               {now, Query{Vector: first, K: 10_000, Where: where("colour", "red")}, "photo-0", 156, nil},
		"product":             {now, Query{Vector: first, K: 10, Where: where("product", "product-9")}, "", 3, nil},
		"products":            {now, Query{Vector: ninth, K: 10_000, ByProduct: true}, "photo-9", 104, nil},
		"without":             {now, Query{Vector: ninth, K: 10_000, Exclude: []string{"photo-9", "?"}}, "", 310, nil},
		"score":               {now, Query{Vector: ninth, K: 10_000, MinScore: 0.999}, "photo-9", 1, nil},
		"no category":         {now, Query{Vector: ninth, K: 1, Category: "Kitch"}, "", 0, ErrUnknown},
		"no field":            {now, Query{Vector: ninth, K: 1, Where: where("color", "red")}, "", 0, ErrUnknown},
		"no such value":       {now, Query{Vector: ninth, K: 1, Where: where("colour", "green")}, "", 0, nil},
		"another dimension":   {now, Query{Vector: []float32{1}, K: 1}, "", 0, ErrQuery},
		"no length":           {now, Query{Vector: make([]float32, 24), K: 1}, "", 0, ErrQuery},
		"nothing to look for": {now, Query{Vector: ninth}, "", 0, ErrQuery},
	} {
		for _, exact := range []bool{true, false} {
			c.query.Exact = exact
			a, err := c.of.Search(ctx, c.query)
			if !errors.Is(err, c.kind) || err == nil && (len(a.Hits) != c.only || c.first != "" && a.Hits[0].ID != c.first) {
				t.Errorf("%s, exact %t: %.500s, %v", what, exact, fmt.Sprintf("%+v", a), err)
			}
		}
	}
	if p, err := now.Photo(ctx, "photo-7"); err != nil || p.Title != "moved" {
		t.Error(p, err)
	}
	if _, err := now.Photo(ctx, "photo-3"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if p, err := before.Photo(ctx, "photo-3"); err != nil || p.Fields["colour"] != "blue" {
		t.Error(p, err)
	}
	if v, err := now.Vector(ctx, "photo-9"); err != nil || !slices.Equal(v, entries[9].Vector) {
		t.Error(v, err)
	}
	if photos, err := now.Product(ctx, "product-1"); err != nil || len(photos) != 2 {
		t.Error(photos, err)
	}
	if counts, err := now.Categories(ctx); err != nil || len(counts) != 3 || counts[0] != (Counted{"Garden", 102}) {
		t.Error(counts, err)
	}
}

// A cut-off is where as many photos are missed as mistaken, or else where a tenth is mistaken; of few photos there is
// none.
func TestCutOff(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		same, other      func(i int) float32
		score            float32
		missed, mistaken float64
	}{
		"told apart": {func(i int) float32 { return 0.8 + float32(i)/1000 },
			func(i int) float32 { return 0.2 + float32(i)/1000 }, 0.5495, 0, 0},
		"the same": {func(i int) float32 { return float32(i) / 100 }, func(i int) float32 { return float32(i) / 100 },
			0.895, 0.9, 0.1},
	} {
		var probes []*probe
		for i := range 100 {
			probes = append(probes, &probe{same: c.same(i), other: c.other(i)})
		}
		got := cutOff(probes)
		if math.Abs(float64(got.Score-c.score)) > 1e-6 || math.Abs(got.Missed-c.missed) > 1e-6 ||
			math.Abs(got.Mistaken-c.mistaken) > 1e-6 || got.Photos != 100 {
			t.Errorf("%s: %+v, want %g, %g, %g", what, got, c.score, c.missed, c.mistaken)
		}
		if got := cutOff(probes[:fewestPairs-1]); got != (CutOff{}) {
			t.Errorf("of few photos: %+v", got)
		}
	}
}

// Changes of many goroutines are all done, each as a whole, and share transactions.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	ix := made(t, shop(30, 24, 1))
	w, err := OpenWriter(ix.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	more := shop(600, 24, 5)
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := w.Apply(ended, Change{Put: shop(3, 24, 6)}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	states := make([]uint64, 200)
	var all sync.WaitGroup
	for g := range states {
		all.Go(func() {
			put := more[3*g : 3*g+3]
			for i := range put {
				put[i].ID = "more-" + put[i].ID
			}
			done, err := w.Apply(t.Context(), Change{Put: put})
			if err != nil || done.Added != 3 {
				t.Error(done, err)
				return
			}
			states[g] = done.State
		})
	}
	all.Wait()
	if _, err := ix.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := ix.Snapshot()
	defer s.Release()
	if s.Photos() != 630 || s.State() != slices.Max(states) {
		t.Errorf("%d photos in state %d, not 630 in %d", s.Photos(), s.State(), slices.Max(states))
	}
	t.Logf("%d changes in %d transactions", len(states), s.State()-1)
}

// Adding goes on through many settlings, with few segments, each photo in one of them or in the tail; a snapshot from
// before is the same all the while.
func TestSettling(t *testing.T) {
	was := settleAt
	settleAt = 50
	defer func() { settleAt = was }()
	entries := shop(3000, 24, 3)
	ix := made(t, entries[:100])
	first := ix.Snapshot()
	defer first.Release()
	w, err := OpenWriter(ix.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for from := 100; from < len(entries); from += 20 {
		change := Change{Put: entries[from : from+20]}
		if from%60 == 40 {
			change.Remove = []string{entries[from-90].ID, entries[from-1].ID}
		}
		if _, err := w.Apply(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		if _, err := ix.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, err := ix.Search(t.Context(), Query{Vector: entries[from+7].Vector, K: 3})
		if err != nil || a.Hits[0].ID != entries[from+7].ID {
			t.Fatal(a, err)
		}
		if a, err = ix.Search(t.Context(), Query{Vector: entries[from-1].Vector, K: 1}); err != nil ||
			(a.Hits[0].ID == entries[from-1].ID) == (len(change.Remove) > 0) {
			t.Fatal(a, err)
		}
	}
	if w.unsettled != nil || len(w.now.Segments) > 8 || w.tail >= settleAt {
		t.Errorf("%v, %d segments, %d photos without codes", w.unsettled, len(w.now.Segments), w.tail)
	}
	if a, err := first.Search(t.Context(), Query{Vector: entries[2].Vector, K: 1000}); err != nil || len(a.Hits) != 100 ||
		a.Hits[0].ID != "photo-2" {
		t.Errorf("the first snapshot: %v, %v", a, err)
	}
	if v, err := Verify(t.Context(), ix.Dir(), nil); err != nil || v.Photos != w.rows()+w.tail-v.Removed {
		t.Error(v, err)
	}
}

// An index may become empty, be compacted, and be filled again.
func TestEmptied(t *testing.T) {
	t.Parallel()
	entries := shop(30, 24, 1)
	ix := made(t, entries)
	w, err := OpenWriter(ix.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	for _, compact := range []bool{false, true} {
		if done, err := w.Apply(t.Context(), Change{Remove: ids}); err != nil || done.Removed != 30 {
			t.Fatal(done, err)
		}
		if compact {
			if err := w.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ix.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, exact := range []bool{false, true} {
			a, err := ix.Search(t.Context(), Query{Vector: entries[0].Vector, K: 5, Exact: exact, ByProduct: true})
			if err != nil || len(a.Hits) != 0 || a.Match {
				t.Errorf("compacted %t: %v, %v", compact, a, err)
			}
		}
		if v, err := Verify(t.Context(), ix.Dir(), nil); err != nil || v.Photos != 0 {
			t.Error(v, err)
		}
		if done, err := w.Apply(t.Context(), Change{Put: entries}); err != nil || done.Added != 30 {
			t.Fatal(done, err)
		}
		if _, err := ix.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a, err := ix.Search(t.Context(), Query{Vector: entries[3].Vector, K: 1}); err != nil || a.Hits[0].ID != "photo-3" {
			t.Error(a, err)
		}
	}
}

// Making an index that is interrupted leaves none, and is done again.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	entries := shop(300, 24, 1)
	ctx, stop := context.WithCancel(t.Context())
	_, err := Create(ctx, dir, Options{Dim: 24}, func(yield func(Entry, error) bool) {
		for i, e := range entries {
			if i == 200 {
				stop()
			}
			if !yield(e, nil) {
				return
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrUnfinished) && !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := OpenWriter(dir); !errors.Is(err, ErrUnfinished) && !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if info, err := Create(t.Context(), dir, Options{Dim: 24}, list(entries)); err != nil || info.Photos != 300 {
		t.Error(info, err)
	}
}
