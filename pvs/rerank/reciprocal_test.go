package rerank

import (
	"context"
	"errors"
	"math"
	"slices"
	"sort"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// paper is Zhong et al. 2017, sections 3.2 to 3.5, with sets, for a probe and its gallery.
// As in the authors' code a point is its own neighbour and weights have the sum 1.
type paper struct {
	points [][]float32
	ids    []string // the probe's first
	sorted map[int][]int
}

type pointSet map[int]bool

func (p paper) distance(a, b int) float64 {
	sum := 0.0
	for d := range p.points[a] {
		sum += float64(p.points[a][d]) * float64(p.points[b][d])
	}
	return 1 - sum
}

// others are all points but a, nearest first.
func (p paper) others(a int) []int {
	if had, ok := p.sorted[a]; ok {
		return had
	}
	var others []int
	for i := range p.points {
		if i != a {
			others = append(others, i)
		}
	}
	sort.Slice(others, func(x, y int) bool {
		dx, dy := p.distance(a, others[x]), p.distance(a, others[y])
		if math.Abs(dx-dy) > 1e-9 {
			return dx < dy
		}
		if others[x] == 0 || others[y] == 0 {
			return others[x] == 0
		}
		return p.ids[others[x]] < p.ids[others[y]]
	})
	p.sorted[a] = others
	return others
}

// n is N(a, k) and a itself.
func (p paper) n(a, k int) pointSet {
	out, others := pointSet{a: true}, p.others(a)
	for _, i := range others[:min(k, len(others))] {
		out[i] = true
	}
	return out
}

// r is R(a, k), equation 2.
func (p paper) r(a, k int) pointSet {
	out := pointSet{}
	for g := range p.n(a, k) {
		if p.n(g, k)[a] {
			out[g] = true
		}
	}
	return out
}

// rStar is R*(a, k), equation 4.
func (p paper) rStar(a, k int) pointSet {
	r, out := p.r(a, k), pointSet{}
	for g := range r {
		out[g] = true
	}
	for q := range r {
		half, common := p.r(q, (k+1)/2), 0
		for g := range half {
			if r[g] {
				common++
			}
		}
		if float64(common) >= 2.0/3*float64(len(half))-1e-9 {
			for g := range half {
				out[g] = true
			}
		}
	}
	return out
}

// v is equation 7.
func (p paper) v(a, k int) map[int]float64 {
	out, sum := map[int]float64{}, 0.0
	for g := range p.rStar(a, k) {
		out[g] = math.Exp(-p.distance(a, g))
		sum += out[g]
	}
	for g := range out {
		out[g] /= sum
	}
	return out
}

// mean is equation 11.
func (p paper) mean(a, k1, k2 int) map[int]float64 {
	near, out := p.n(a, k2-1), map[int]float64{}
	for g := range near {
		for i, v := range p.v(g, k1) {
			out[i] += v / float64(len(near))
		}
	}
	return out
}

// scores are 1 - equation 12, with equation 10, for each point of the gallery.
func (p paper) scores(o ReciprocalOptions) []float64 {
	probe := p.mean(0, o.K1, o.K2)
	var out []float64
	for g := 1; g < len(p.points); g++ {
		other, minima, maxima := p.mean(g, o.K1, o.K2), 0.0, 0.0
		for i := range p.points {
			minima += math.Min(probe[i], other[i])
			maxima += math.Max(probe[i], other[i])
		}
		out = append(out, 1-((1-o.Lambda)*(1-minima/maxima)+o.Lambda*p.distance(0, g)))
	}
	return out
}

// Where the whole index is among the candidates it is the paper's re-ranking; duplicates and
// n smaller than k included.
func TestReciprocalIsThePapers(t *testing.T) {
	for seed, n := range []int{25, 12, 3, 1, 25} {
		index, queries := random(uint64(seed), "i", n, 4, 3), random(uint64(50+seed), "q", 4, 4, 3)
		if n == 12 {
			copy(index.Row(5), index.Row(2))
			copy(index.Row(8), index.Row(2))
			copy(queries.Row(1), index.Row(2))
		}
		for _, o := range []ReciprocalOptions{{5, 3, 0.3, 100}, {20, 6, 0.3, 100}, {1, 1, 0, 100}, {4, 1, 0.5, 100}} {
			got, err := Reciprocal(t.Context(), index, queries, find(t, index, queries, n), o)
			if err != nil {
				t.Fatal(err)
			}
			for q := range queries.Len() {
				p := paper{[][]float32{queries.Row(q)}, []string{"q"}, map[int][]int{}}
				for i := range n {
					p.points, p.ids = append(p.points, index.Row(i)), append(p.ids, index.IDs[i])
				}
				want := p.scores(o)
				if len(got[q]) != n {
					t.Fatalf("%d of %d hits", len(got[q]), n)
				}
				for i, h := range got[q] {
					if math.Abs(float64(h.Score)-want[h.Row]) > 1e-5 {
						t.Errorf("n = %d, %+v, query %d, row %d: %g, want %g", n, o, q, h.Row, h.Score, want[h.Row])
					}
					if i > 0 && h.Score > got[q][i-1].Score {
						t.Errorf("rank %d is better than the one before", i+1)
					}
				}
			}
		}
	}
}

// With lambda 1 the order is that of the cosines; hits of equal cosine, as duplicates, are in
// the order of their ids.
func TestReciprocalOrder(t *testing.T) {
	index, queries := random(8, "i", 80, 6, 4), random(9, "q", 5, 6, 4)
	for _, row := range []int{20, 50, 77} {
		copy(index.Row(row), index.Row(11))
	}
	copy(queries.Row(0), index.Row(11))
	hits := find(t, index, queries, 40)
	got, err := Reciprocal(t.Context(), index, queries, hits, ReciprocalOptions{K1: 6, K2: 3, Lambda: 1, Top: 30})
	if err != nil {
		t.Fatal(err)
	}
	for q := range got {
		if !slices.Equal(rowsOf(got[q]), rowsOf(hits[q][:30])) {
			t.Errorf("query %d: %v, want %v", q, rowsOf(got[q]), rowsOf(hits[q][:30]))
		}
	}
	// Whatever the order of the hits, the result is the same.
	o := ReciprocalOptions{K1: 6, K2: 3, Lambda: 0.3, Top: 40}
	one, err := Reciprocal(t.Context(), index, queries, hits, o)
	if err != nil {
		t.Fatal(err)
	}
	for q := range hits {
		slices.Reverse(hits[q])
	}
	two, err := Reciprocal(t.Context(), index, queries, hits, o)
	if err != nil {
		t.Fatal(err)
	}
	for q := range one {
		if !slices.Equal(rowsOf(one[q]), rowsOf(two[q])) {
			t.Errorf("query %d: %v and, from hits in another order, %v", q, rowsOf(one[q]), rowsOf(two[q]))
		}
	}
	if got := rowsOf(one[0][:4]); !slices.Equal(got, []int{11, 20, 50, 77}) {
		t.Errorf("duplicates of the query come as %v", got)
	}
}

// What shares neighbours with the query comes before what is as near but in another crowd.
func TestReciprocalByHand(t *testing.T) {
	angle := func(degrees ...float64) (data []float32) {
		for _, d := range degrees {
			data = append(data, float32(math.Cos(d*math.Pi/180)), float32(math.Sin(d*math.Pi/180)))
		}
		return data
	}
	// On one side a loner at 20 degrees whose own neighbours are a crowd at 28 to 31, on the
	// other a chain that begins 21 degrees away with the query in its middle.
	queries := setOf("q", 2, angle(0)...)
	index := setOf("i", 2, angle(20, 28, 29, 30, 31, -21, -10, 10)...)
	hits := find(t, index, queries, 8)
	got, err := Reciprocal(t.Context(), index, queries, hits, ReciprocalOptions{K1: 3, K2: 1, Lambda: 0.1, Top: 8})
	if err != nil {
		t.Fatal(err)
	}
	before, after := rowsOf(hits[0]), rowsOf(got[0])
	if slices.Index(before, 0) > slices.Index(before, 5) || slices.Index(after, 0) < slices.Index(after, 5) {
		t.Errorf("before %v, after %v: row 5 should come before row 0", before, after)
	}
}

func TestReciprocalRefused(t *testing.T) {
	index, queries := random(1, "i", 5, 3, 2), random(2, "q", 2, 3, 2)
	hits := find(t, index, queries, 5)
	try := func(o ReciprocalOptions) func() error {
		return func() error { _, err := Reciprocal(t.Context(), index, queries, hits, o); return err }
	}
	refused(t, map[string]func() error{
		"k1 = 0":      try(ReciprocalOptions{0, 1, 0.3, 100}),
		"k2 = 0":      try(ReciprocalOptions{1, 0, 0.3, 100}),
		"lambda NaN":  try(ReciprocalOptions{1, 1, math.NaN(), 100}),
		"top 1001 (1": try(ReciprocalOptions{1, 1, 0.3, 1001}),
		"0 searches": func() error {
			_, err := Reciprocal(t.Context(), index, queries, nil, ReciprocalOptions{1, 1, 0.3, 100})
			return err
		},
	})
	none, err := Reciprocal(t.Context(), &vectors.Set{Dim: 3}, queries, [][]search.Hit{nil, nil},
		ReciprocalOptions{1, 1, 0.3, 9})
	if err != nil || len(none) != 2 || len(none[0])+len(none[1]) != 0 {
		t.Errorf("without hits: %v, %v", none, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Reciprocal(stopped, index, queries, hits, ReciprocalOptions{1, 1, 0.3, 9}); !errors.Is(err,
		context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
