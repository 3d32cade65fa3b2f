package rerank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// setOf names vectors with a letter and their number.
func setOf(letter string, dim int, data ...float32) *vectors.Set {
	s := &vectors.Set{Dim: dim, Data: data}
	for i := range len(data) / dim {
		s.IDs = append(s.IDs, fmt.Sprintf("%s%05d", letter, i))
	}
	return s
}

// random draws unit vectors around a few centres; equal, where their centre and noise are.
func random(seed uint64, letter string, n, dim, centres int) *vectors.Set {
	rng := rand.New(rand.NewPCG(7, 0))
	at := make([]float64, centres*dim)
	for i := range at {
		at[i] = rng.NormFloat64()
	}
	rng = rand.New(rand.NewPCG(seed, 1))
	data := make([]float32, n*dim)
	for i := range n {
		c := rng.IntN(centres)
		for d := range dim {
			data[i*dim+d] = float32(at[c*dim+d] + 0.7*rng.NormFloat64())
		}
	}
	s := setOf(letter, dim, data...)
	if err := s.Normalize(); err != nil {
		panic(err)
	}
	return s
}

func exact(t testing.TB, s *vectors.Set) *search.Exact {
	t.Helper()
	e, err := search.NewExact(s.IDs, s.Data, s.Dim, search.ExactOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func find(t testing.TB, index, queries *vectors.Set, k int) [][]search.Hit {
	t.Helper()
	hits, err := exact(t, index).Search(t.Context(), queries.Data, k, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

func hit(row int, score float32) search.Hit { return search.Hit{Row: row, Score: score} }

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-6 })
}

func rowsOf(hits []search.Hit) []int {
	var rows []int
	for _, h := range hits {
		rows = append(rows, h.Row)
	}
	return rows
}

func refused(t *testing.T, cases map[string]func() error) {
	t.Helper()
	for want, f := range cases {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// By hand: (1, 0) and the neighbours (0.6, 0.8), of cosine 0.6, and (0, 1), of cosine 0.
func TestExpandByHand(t *testing.T) {
	index, queries := setOf("i", 2, 0.6, 0.8, 0, 1, -1, 0), setOf("q", 2, 1, 0)
	hits := find(t, index, queries, 3)
	for _, c := range []struct {
		o    ExpandOptions
		x, y float64
	}{
		{ExpandOptions{1, 1}, 1 + 0.6*0.6, 0.6 * 0.8},
		{ExpandOptions{9, 1}, 1 + 0.6*0.6, 0.6 * 0.8}, // what is not nearer than 90 degrees is left out
		{ExpandOptions{1, 0}, 1 + 0.6, 0.8},
		{ExpandOptions{1, 3}, 1 + 0.216*0.6, 0.216 * 0.8},
	} {
		got, err := Expand(index, queries, hits, c.o)
		if err != nil {
			t.Fatal(err)
		}
		length := math.Hypot(c.x, c.y)
		if want := []float32{float32(c.x / length), float32(c.y / length)}; !near(got.Data, want) || got.IDs[0] != "q00000" {
			t.Errorf("%+v: %v, want %v", c.o, got.Data, want)
		}
	}
	if queries.Data[0] != 1 {
		t.Error("the query itself was changed")
	}
	same, err := Expand(index, queries, [][]search.Hit{nil}, ExpandOptions{3, 1})
	if err != nil || !slices.Equal(same.Data, queries.Data) {
		t.Errorf("without hits: %v, %v", same, err)
	}
	none, err := Expand(&vectors.Set{Dim: 2}, &vectors.Set{Dim: 2}, nil, ExpandOptions{3, 1})
	if err != nil || none.Len() != 0 {
		t.Errorf("of nothing: %v, %v", none, err)
	}
	refused(t, map[string]func() error{
		"by 0 neighbours": func() error { _, err := Expand(index, queries, hits, ExpandOptions{0, 1}); return err },
		"alpha NaN":       func() error { _, err := Expand(index, queries, hits, ExpandOptions{1, math.NaN()}); return err },
		"0 searches":      func() error { _, err := Expand(index, queries, nil, ExpandOptions{1, 1}); return err },
		"has a hit in row 3": func() error {
			_, err := Expand(index, queries, [][]search.Hit{{{Row: 3}}}, ExpandOptions{1, 1})
			return err
		},
		"the queries: vector 0": func() error {
			_, err := Expand(index, setOf("q", 2, 0, 0), hits, ExpandOptions{1, 1})
			return err
		},
		"(i00000) of the index is not of length 1": func() error {
			_, err := Expand(setOf("i", 2, 0, 0), queries, [][]search.Hit{{{Row: 0}}}, ExpandOptions{1, 1})
			return err
		},
		"dimension 2 and the queries of 3": func() error {
			_, err := Expand(index, setOf("q", 3, 1, 0, 0), hits, ExpandOptions{1, 1})
			return err
		},
	})
}

// An expanded query is nearer to the neighbours that it was expanded by, and duplicates stay
// duplicates.
func TestAugment(t *testing.T) {
	s := random(1, "i", 60, 5, 4)
	s.Origin = &vectors.Origin{Network: "n"}
	copy(s.Row(7), s.Row(3))
	hits, err := Neighbours(t.Context(), s, exact(t, s), 4)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Augment(s, hits, ExpandOptions{Neighbours: 4, Alpha: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := got.CheckUnit(); err != nil {
		t.Error(err)
	}
	if o := got.Origin; o.Augmented != "by 4 neighbours, alpha 1" || s.Origin.Augmented != "" ||
		vectors.Compare("queries", s.Origin, "the index", o) != nil {
		t.Errorf("origin %v", o)
	}
	dot := func(a, b []float32) (sum float64) {
		for d := range a {
			sum += float64(a[d]) * float64(b[d])
		}
		return sum
	}
	for i := range s.Len() {
		if slices.Contains(rowsOf(hits[i]), i) {
			t.Fatalf("row %d is its own neighbour", i)
		}
		before, after := 0.0, 0.0
		for _, h := range hits[i] {
			before += float64(h.Score) * dot(s.Row(i), s.Row(h.Row))
			after += float64(h.Score) * dot(got.Row(i), s.Row(h.Row))
		}
		if after < before-1e-6 {
			t.Errorf("row %d was %g near to its neighbours and is %g", i, before, after)
		}
	}
	if !near(got.Row(3), got.Row(7)) {
		t.Error("duplicates are two afterwards")
	}
	other := random(1, "x", 60, 5, 4)
	refused(t, map[string]func() error{
		"made of another set": func() error { _, err := Neighbours(t.Context(), other, exact(t, s), 4); return err },
		"of a set of 3": func() error {
			_, err := Neighbours(t.Context(), random(1, "i", 3, 5, 4), exact(t, s),
				4)
			return err
		},
	})
}

// By hand: a row's best score counts, equal ones are in the order of their ids.
func TestBest(t *testing.T) {
	ids := []string{"c", "b", "a"}
	id := func(row int) string { return ids[row] }
	hits := [][]search.Hit{{hit(0, 0.9), hit(1, 0.5)}, {hit(2, 0.8)}, {hit(1, 0.7), hit(0, 0.2)}, {hit(1, 0.3),
		hit(2, 0.3), hit(0, 0.3)}, nil}
	things, best, err := Best(hits, []string{"mug", "cup", "mug", "pot", "jug"}, 2, id)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]search.Hit{{hit(0, 0.9), hit(1, 0.7)}, {hit(2, 0.8)}, {hit(2, 0.3), hit(1, 0.3)}, {}}
	if !slices.Equal(things, []string{"mug", "cup", "pot", "jug"}) || fmt.Sprint(best) != fmt.Sprint(want) {
		t.Errorf("%v %v, want %v", things, best, want)
	}
	refused(t, map[string]func() error{
		"1 names": func() error { _, _, err := Best(hits, []string{"a"}, 2, id); return err },
		"k = 0":   func() error { _, _, err := Best(nil, nil, 0, id); return err },
	})
}

// Of lists of k hits the best k are exact: as from all scores, by a loop.
func TestBestIsExact(t *testing.T) {
	index, queries := random(2, "i", 50, 4, 3), random(3, "q", 6, 4, 3)
	names := []string{"a", "b", "a", "a", "b", "c"}
	_, got, err := Best(find(t, index, queries, 7), names, 7, func(row int) string { return index.IDs[row] })
	if err != nil {
		t.Fatal(err)
	}
	all := find(t, index, queries, 50)
	for thing, name := range []string{"a", "b", "c"} {
		score := make([]float32, 50)
		for row := range score {
			score[row] = -2
			for q := range all {
				for _, h := range all[q] {
					if names[q] == name && h.Row == row {
						score[row] = max(score[row], h.Score)
					}
				}
			}
		}
		for rank, h := range got[thing] {
			row := 0
			for r := range score {
				if score[r] > score[row] {
					row = r
				}
			}
			if h.Row != row || h.Score != score[row] {
				t.Errorf("%s, rank %d: %v, want row %d of %g", name, rank, h, row, score[row])
			}
			score[row] = -3
		}
	}
}

// Groups come from a search that grows; as from all photos, by a loop.
func TestProducts(t *testing.T) {
	index, queries := random(4, "i", 300, 4, 3), random(5, "q", 9, 4, 3)
	product := func(row int) string { // 7 large products, photos without one, and single photos
		switch {
		case row%10 == 0:
			return ""
		case row >= 290:
			return fmt.Sprint("single ", row)
		}
		return fmt.Sprint(row % 7)
	}
	e := exact(t, index)
	for _, k := range []int{1, 5, 20, 100} {
		got, err := Products(t.Context(), e, queries.Data, k, product, search.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for q, all := range find(t, index, queries, 300) {
			var want []search.Hit
			seen := map[string]bool{}
			for _, h := range all {
				if p := product(h.Row); len(want) < k && (p == "" || !seen[p]) {
					want, seen[p] = append(want, h), true
				}
			}
			if !slices.Equal(got[q], want) {
				t.Errorf("k = %d, query %d: %v, want %v", k, q, got[q], want)
			}
		}
	}
	refused(t, map[string]func() error{
		"k = 0": func() error {
			_, err := Products(t.Context(), e, queries.Data, 0, product, search.Options{})
			return err
		},
		"5 values": func() error {
			_, err := Products(t.Context(), e, make([]float32, 5), 1, product, search.Options{})
			return err
		},
	})
}

// Queries that are in the index are left out in every round, also of those that are searched again.
func TestProductsLeaveTheQueryOut(t *testing.T) {
	index := random(6, "i", 40, 3, 2)
	asked := 0
	opts := search.Options{QueryIDs: index.IDs, Itself: func(q, row int) bool {
		if q != row {
			t.Errorf("query %d is asked about row %d", q, row)
		}
		asked++
		return true
	}}
	product := func(row int) string {
		if row < 38 {
			return "all"
		}
		return index.IDs[row]
	}
	got, err := Products(t.Context(), exact(t, index), index.Data, 3, product, opts)
	if err != nil {
		t.Fatal(err)
	}
	for q, hits := range got {
		if slices.Contains(rowsOf(hits), q) || len(hits) < 2 {
			t.Errorf("query %d finds %v", q, hits)
		}
	}
	if asked <= index.Len() {
		t.Errorf("no query was searched again: asked %d times", asked)
	}
	none, err := Products(t.Context(), exact(t, &vectors.Set{Dim: 3}), index.Data[:3], 2, product, search.Options{})
	if err != nil || len(none) != 1 || len(none[0]) != 0 {
		t.Errorf("in an empty index: %v, %v", none, err)
	}
}
