package teach

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/index"
)

// world is products with photos, of two kinds: photos of a family differ by what tells its products apart less than by
// something else, which an untrained network does not know.
type world struct {
	rng      *rand.Rand
	products map[string][]float32
	dim      int
}

const (
	familySize, othersSize = 16, 60
	worldDim               = 32
)

func newWorld(seed uint64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 9)), products: map[string][]float32{}, dim: worldDim}
	place := func(name string, from, to int, size float64) {
		v := make([]float32, w.dim)
		for d := from; d < to; d++ {
			v[d] = float32(size * w.rng.NormFloat64())
		}
		w.products[name] = v
	}
	for i := range familySize {
		place(fmt.Sprintf("f%d", i), 0, 6, 0.5)
	}
	for i := range othersSize {
		place(fmt.Sprintf("o%d", i), 12, w.dim, 0.7)
	}
	return w
}

// photo draws a photo of a product: for the family with much of what does not matter.
func (w *world) photo(product string) []float32 {
	v := slices.Clone(w.products[product])
	length := 0.0
	for d := range v {
		spread := 0.15
		if product[0] == 'f' && d >= 6 && d < 12 {
			spread = 0.8
		}
		if product[0] == 'f' && d == 31 {
			v[d] += 1 // what they look like
		}
		v[d] += float32(spread * w.rng.NormFloat64())
		length += float64(v[d]) * float64(v[d])
	}
	for d := range v {
		v[d] /= float32(math.Sqrt(length))
	}
	return v
}

// index makes an index of three photos a product.
func (w *world) index(t testing.TB) *index.Snapshot {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "index")
	names := make([]string, 0, len(w.products))
	for name := range w.products {
		names = append(names, name)
	}
	slices.Sort(names)
	_, err := index.Create(t.Context(), dir, index.Options{Dim: w.dim}, func(yield func(index.Entry, error) bool) {
		for _, name := range names {
			for i := range 3 {
				id := fmt.Sprintf("%s-%d", name, i)
				p := index.Photo{ID: id, Product: name, Digest: strings.Repeat(fmt.Sprint(i), 64)}
				if !yield(index.Entry{Photo: p, Vector: w.photo(name)}, nil) {
					return
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ix, err := index.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	s := ix.Snapshot()
	t.Cleanup(s.Release)
	return s
}

// clicks are n that somebody makes who searches for photos of the family; wrong: the opposite of what is right.
func (w *world) clicks(t testing.TB, src Source, n int, wrong bool) (list []Click) {
	t.Helper()
	for i := 0; len(list) < n; i++ {
		product := fmt.Sprintf("f%d", i%familySize)
		v := w.photo(product)
		photos, err := Search(t.Context(), src, nil, v, 40)
		if err != nil {
			t.Fatal(err)
		}
		add := func(p Photo, same bool) {
			list = append(list, Click{ID: fmt.Sprint(len(list)), Query: VectorSide(v), Found: PhotoSide(p.ID, p.Digest),
				Same: same, Index: Made{Dim: w.dim}})
		}
		at := slices.IndexFunc(photos, func(p Photo) bool { return p.Product == product })
		if wrong {
			if p := photos[w.rng.IntN(len(photos))]; p.Product != product {
				add(p, true)
			}
			if at >= 0 {
				add(photos[at], false)
			}
			continue
		}
		if photos[0].Product != product {
			add(photos[0], false)
		}
		if at >= 0 {
			add(photos[at], true)
		}
	}
	return list[:n]
}

// right is the share of n new photos of products whose product is found first.
func (w *world) right(t testing.TB, src Source, m *Metric, kind byte, n int) float64 {
	t.Helper()
	size := map[byte]int{'f': familySize, 'o': othersSize}[kind]
	right := 0
	for i := range n {
		product := fmt.Sprintf("%c%d", kind, i%size)
		photos, err := Search(t.Context(), src, m, w.photo(product), 1)
		if err != nil {
			t.Fatal(err)
		}
		if photos[0].Product == product {
			right++
		}
	}
	return float64(right) / float64(n)
}

// Forty clicks on a family help new photos of the family, and cost others nothing; a fit says so, and the same of the
// same clicks.
func TestFit(t *testing.T) {
	t.Parallel()
	w := newWorld(1)
	src := Of(w.index(t))
	clicks := w.clicks(t, src, 40, false)
	fits := 0
	fit := func() *Taught {
		got, err := Fit(t.Context(), src, Made{Dim: w.dim}, clicks, Options{Progress: func(done, total int) {
			if fits++; done < 1 || done > total {
				t.Errorf("%d of %d", done, total)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := fit()
	r := got.Report
	t.Log(r.String())
	if fits != 1+folds+3 || r.Clicks != 40 || r.Queries < FewestPhotos || r.LeftOut.Total() != 0 || r.Verdict != Helps ||
		r.Others == nil || r.Others.Queries < 20 || r.Others.High < 0 {
		t.Errorf("%d fits, %+v", fits, r)
	}
	again := fit()
	if !slices.Equal(again.Metric.inside.Data, got.Metric.inside.Data) || *again.Report.HeldOut != *r.HeldOut {
		t.Error("the same clicks do not give the same fit")
	}
	before, after := w.right(t, src, nil, 'f', 300), w.right(t, src, got.Metric, 'f', 300)
	t.Logf("new photos of the family: %.3f right, then %.3f", before, after)
	if after < before+0.1 {
		t.Errorf("of new photos of the family %.3f are right before and %.3f after", before, after)
	}
	before, after = w.right(t, src, nil, 'o', 300), w.right(t, src, got.Metric, 'o', 300)
	if after < before-0.03 {
		t.Errorf("of photos of other products %.3f are right before and %.3f after", before, after)
	}
	if c := r.Cutoff(0.9); c <= -1 || c > 1 {
		t.Errorf("a cut-off of %g", c)
	}
	// A metric moves a photo beside its directions not at all: photos far from the family stay as they are.
	if d := got.Metric.Directions; d < 2 || d > directions {
		t.Errorf("%d directions", d)
	}
}

// Wrong clicks are not said to help, whatever the seed.
func TestWrongClicks(t *testing.T) {
	t.Parallel()
	w := newWorld(2)
	src := Of(w.index(t))
	helps := 0
	for seed := range uint64(2) {
		got, err := Fit(t.Context(), src, Made{Dim: w.dim}, w.clicks(t, src, 20, true), Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(got.Report.String())
		if got.Report.Verdict == Helps {
			helps++
		}
	}
	if helps > 0 {
		t.Errorf("%d of 2 times, wrong clicks are said to help", helps)
	}
}

// What a search by candidates finds is nearly what comparing with all photos finds.
func TestCandidatesAgainstAll(t *testing.T) {
	t.Parallel()
	w := newWorld(3)
	src := Of(w.index(t))
	got, err := Fit(t.Context(), src, Made{Dim: w.dim}, w.clicks(t, src, 20, false), Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.Sample(t.Context(), 10_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3*(familySize+othersSize) {
		t.Fatalf("%d photos", len(all))
	}
	found, wanted := 0, 0
	for i := range 50 {
		v := w.photo(fmt.Sprintf("f%d", i%familySize))
		exact := slices.Clone(all)
		got.Metric.Rerank(v, exact)
		near, err := Search(t.Context(), src, got.Metric, v, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range exact[:10] {
			wanted++
			if slices.ContainsFunc(near, func(n Photo) bool { return n.ID == p.ID }) {
				found++
			}
		}
	}
	if recall := float64(found) / float64(wanted); recall < 0.99 {
		t.Errorf("of the ten best %.3f are found", recall)
	}
}

// Clicks of another network, of photos that are gone, and of files that were replaced, are counted and left out.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(4)
	src := Of(w.index(t))
	made := Made{Dim: w.dim, Digest: "this"}
	v := VectorSide(w.photo("f0"))
	digest := func(i int) string { return strings.Repeat(fmt.Sprint(i), 64) }
	clicks := []Click{
		{Query: v, Found: PhotoSide("f0-0", digest(0)), Same: true, Index: made},
		{Query: v, Found: PhotoSide("f1-0", digest(0)), Index: Made{Dim: w.dim, Digest: "that"}},
		{Query: v, Found: PhotoSide("f2-0", ""), Index: Made{Dim: 7}},
		{Query: v, Found: PhotoSide("gone", ""), Index: made},
		{Query: PhotoSide("gone", ""), Found: PhotoSide("f0-0", ""), Index: made},
		{Query: v, Found: PhotoSide("f3-1", digest(2)), Index: made},
		{Query: PhotoSide("f4-1", digest(2)), Found: PhotoSide("f3-1", digest(1)), Index: made},
		{Query: v, Found: PhotoSide("f5-1", digest(1)), Index: Made{Dim: w.dim}},
	}
	got, err := Fit(t.Context(), src, made, clicks, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := got.Report
	if r.Clicks != 2 || r.Same != 1 || r.Queries != 1 || r.LeftOut != (LeftOut{OtherIndex: 2, Gone: 2, Replaced: 2}) ||
		r.Verdict != Few || got.Metric == nil {
		t.Errorf("%+v", r)
	}
	want := "2 made on vectors of another network, 2 of photos that are not in the index any more, " +
		"2 of photos that were replaced since"
	if r.LeftOut.String() != want {
		t.Error(r.LeftOut.String())
	}
	none, err := Fit(t.Context(), src, made, clicks[1:2], Options{})
	if err != nil || none.Metric != nil || none.Report.Verdict != Few || none.Report.LeftOut.Total() != 1 {
		t.Errorf("%+v, %v", none, err)
	}
	many := make([]Click, MaxClicks+3)
	for i := range many {
		many[i] = Click{Query: PhotoSide(fmt.Sprint("gone ", i), ""), Found: PhotoSide("f0-0", ""), Index: made}
	}
	if none, err = Fit(t.Context(), src, made, many, Options{}); err != nil || none.Report.LeftOut.Older != 3 {
		t.Errorf("%+v, %v", none.Report, err)
	}
}

// Odd clicks fit, too: on photos of the index, on photos of no product, on a photo's own product, on one vector alone.
func TestOddClicks(t *testing.T) {
	t.Parallel()
	w := newWorld(5)
	src := Of(w.index(t))
	made := Made{Dim: w.dim}
	on := func(query Side, found string, same bool) Click {
		return Click{Query: query, Found: PhotoSide(found, ""), Same: same, Index: made}
	}
	f0 := PhotoSide("f0-0", "")
	for name, clicks := range map[string][]Click{
		"not it, alone":                   {on(VectorSide(w.photo("f0")), "f1-0", false)},
		"the same, alone":                 {on(VectorSide(w.photo("f0")), "f0-1", true)},
		"not of its own product":          {on(f0, "f0-1", false)},
		"the same as another product":     {on(f0, "f1-1", true)},
		"both ways":                       {on(f0, "f1-1", true), on(PhotoSide("f1-1", ""), "f0-0", false)},
		"the same and not the same thing": {on(f0, "f1-0", true), on(f0, "f1-1", false)},
	} {
		got, err := Fit(t.Context(), src, made, clicks, Options{})
		if err != nil || got.Metric == nil || !finite(wide(got.Metric.inside.Data)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Fit(t.Context(), src, made, []Click{on(f0, "f1-1", true)}, Options{Directions: -1}); err == nil {
		t.Error("-1 directions are taken")
	}
}

func wide(values []float32) (out []float64) {
	for _, v := range values {
		out = append(out, float64(v))
	}
	return out
}

// A fit that is interrupted ends.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(6)
	src := Of(w.index(t))
	clicks := w.clicks(t, src, 20, false)
	ctx, cancel := context.WithCancel(t.Context())
	got, err := Fit(ctx, src, Made{Dim: w.dim}, clicks, Options{Progress: func(int, int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Cut-offs keep the share of other products that reach them.
func TestCutoff(t *testing.T) {
	t.Parallel()
	r := &Report{}
	if r.Cutoff(0.5) != 0 {
		t.Error("a cut-off of no photos")
	}
	for i := range 40 {
		r.scores = append(r.scores, [2]float64{float64(i) / 40, float64(i)/80 + 0.25})
	}
	for before, want := range map[float64]float64{0.5: 0.49375, 1: 0.7625, -1: 0.25} {
		if got := r.Cutoff(before); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g became %g, not %g", before, got, want)
		}
	}
}
