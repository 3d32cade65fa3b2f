package explain

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// The chance of marked ones among those that are drawn, by drawing.
func TestHypergeometric(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, x := range []struct{ marked, n, in, all int }{{1, 3, 2, 5}, {2, 10, 20, 100}, {0, 4, 1, 9}, {3, 5, 30, 40}} {
		const draws = 20000
		seen := 0
		for range draws {
			found := 0
			for _, i := range rng.Perm(x.all)[:x.n] {
				if i < x.in {
					found++
				}
			}
			if found >= x.marked {
				seen++
			}
		}
		got, want := hypergeometric(x.marked, x.n, x.in, x.all), float64(seen)/draws
		if math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/draws)+1e-9 {
			t.Errorf("%+v: %.4f, by drawing %.4f", x, got, want)
		}
	}
	if got := hypergeometric(3, 10, 2, 50); got != 0 {
		t.Errorf("three of two: %g", got)
	}
}

func TestExceeding(t *testing.T) {
	t.Parallel()
	sorted := []float64{1, 2, 2, 3}
	for v, want := range map[float64]float64{0: 1, 2: 4. / 5, 2.5: 2. / 5, 9: 1. / 5} {
		if got := exceeding(sorted, v); math.Abs(got-want) > 1e-12 {
			t.Errorf("%g: %g, want %g", v, got, want)
		}
	}
}

// The share of the index that is nearer than rows are, as a plain loop counts it.
func TestNearness(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	const n, dim, but = 300, 8, 17
	x := &searched{Search: Search{Index: &vectors.Set{IDs: make([]string, n), Dim: dim}}}
	for range n * dim {
		x.Index.Data = append(x.Index.Data, float32(rng.NormFloat64()))
	}
	v := x.Index.Row(but)
	near := x.nearnessOf(v, but)
	rows := []int{3, but, 200}
	want := 0.0
	for _, row := range []int{3, 200} {
		nearer := 0
		for other := range n {
			if other != but && dot(v, x.Index.Row(other)) >= dot(v, x.Index.Row(row)) {
				nearer++
			}
		}
		want += math.Log(float64(nearer+1)/n) / 2
	}
	if got := near.log(rows, but); math.Abs(got-want) > 1e-9 {
		t.Errorf("%g, want %g", got, want)
	}
}
