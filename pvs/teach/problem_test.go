package teach

import (
	"math"
	"math/rand/v2"
	"testing"
)

// unit returns random vectors of length 1.
func unit(rng *rand.Rand, n, dim int) [][]float32 {
	list := make([][]float32, n)
	for i := range list {
		list[i] = make([]float32, dim)
		length := 0.0
		for d := range list[i] {
			v := rng.NormFloat64()
			list[i][d] = float32(v)
			length += v * v
		}
		for d := range list[i] {
			list[i][d] /= float32(math.Sqrt(length))
		}
	}
	return list
}

// someProblem has terms of each kind.
func someProblem(t testing.TB, seed uint64) *problem {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	v := unit(rng, 12, 10)
	examples := []example{
		{anchor: v[0], positives: v[1:3], negatives: v[3:8]},
		{anchor: v[1], positives: v[0:1], negatives: v[5:6]},
		{anchor: v[8], negatives: v[0:3], floor: 0.2},
		{anchor: v[9], positives: v[10:12], negatives: v[0:4], kind: ofGuard},
		{anchor: v[10], positives: v[9:10], negatives: v[2:6], kind: ofGuard},
		{anchor: v[4], positives: v[5:7], negatives: v[7:9], kind: ofKin},
		{anchor: v[11]}, // nothing is known of it
	}
	q, m, err := span(examples, 10, 6)
	if err != nil || m != 6 {
		t.Fatal(m, err)
	}
	return newProblem(examples, q, m, 10, Loss{Temperature: 0.3, Kin: 0.7, Guard: 2, Pull: 0.1})
}

// Derivatives are those of finite differences, where guard terms count and where they do not.
func TestGradient(t *testing.T) {
	t.Parallel()
	o := someProblem(t, 1)
	rng := rand.New(rand.NewPCG(2, 0))
	// At 0 the guard's second derivative has a step, and the difference an error of the first order.
	for size, tolerance := range map[float64]float64{0: 1e-4, 0.05: 1e-6, 0.5: 1e-6} {
		g := make([]float64, o.m*o.m)
		for i := range g {
			g[i] = size * rng.NormFloat64()
		}
		gradient := make([]float64, len(g))
		o.loss(g, gradient)
		for i := range g {
			const h = 1e-5
			was := g[i]
			g[i] = was + h
			up := o.loss(g, nil)
			g[i] = was - h
			down := o.loss(g, nil)
			g[i] = was
			if want := (up - down) / (2 * h); math.Abs(gradient[i]-want) > tolerance*max(1, math.Abs(want)) {
				t.Errorf("size %g, value %d: %g, not %g", size, i, gradient[i], want)
			}
		}
	}
}

// At the identity the guard costs nothing, and the loss is the means of the clicks' terms and of the kin's, by loops
// over whole vectors.
func TestLossByLoops(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 0))
	v := unit(rng, 9, 8)
	examples := []example{
		{anchor: v[0], positives: v[1:3], negatives: v[3:6]},
		{anchor: v[6], negatives: v[0:2], floor: 0.4},
		{anchor: v[7], positives: v[8:9], negatives: v[0:3], kind: ofGuard},
		{anchor: v[2], positives: v[3:4], negatives: v[4:7], kind: ofKin},
	}
	q, m, err := span(examples[:2], 8, 5)
	if err != nil {
		t.Fatal(err)
	}
	loss := Loss{Temperature: 0.1, Kin: 2, Guard: 3, Pull: 0.2}
	o := newProblem(examples, q, m, 8, loss)
	g, b := make([]float64, m*m), make([]float64, m*m)
	for step := range 2 {
		if step == 1 {
			for i := range g {
				g[i] = 0.3 * rng.NormFloat64()
			}
		}
		copy(b, g)
		for i := range m {
			b[i*m+i]++
		}
		metric := newMetric(m, 8, q, b)
		cosine := func(x, y []float32) float64 { // by the definition
			ax, ay := metric.Apply(x), metric.Apply(y)
			return inner(ax, ay) / math.Sqrt(inner(ax, ax)*inner(ay, ay))
		}
		cost := func(e example, cosine func(x, y []float32) float64) float64 {
			scores := []float64{e.floor}
			if len(e.positives) > 0 {
				scores = nil
			}
			for _, p := range e.positives {
				scores = append(scores, cosine(e.anchor, p))
			}
			c := 0.0
			for _, s := range scores {
				sum := 1.0
				for _, n := range e.negatives {
					sum += math.Exp((cosine(e.anchor, n) - s) / loss.Temperature)
				}
				c += math.Log(sum) / float64(len(scores))
			}
			return c
		}
		plain := func(x, y []float32) float64 { return inner(x, y) }
		over := max(0, cost(examples[2], cosine)-cost(examples[2], plain))
		want := (cost(examples[0], cosine)+cost(examples[1], cosine))/2 + 2*cost(examples[3], cosine) +
			3*over*over
		for _, x := range g {
			want += 0.2 * x * x
		}
		if got := o.loss(g, nil); math.Abs(got-want) > 1e-4*want {
			t.Errorf("step %d: %g, not %g", step, got, want)
		}
	}
}

// A metric's ways to compute cosines are one.
func TestMetric(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 0))
	v := unit(rng, 20, 16)
	q, m, err := span([]example{{anchor: v[0], positives: v[1:10]}}, 16, 4)
	if err != nil || m != 4 {
		t.Fatal(m, err)
	}
	for i := range m {
		for j := range m {
			want := 0.0
			if i == j {
				want = 1
			}
			if got := dot(q[i*16:(i+1)*16], q[j*16:(j+1)*16]); math.Abs(got-want) > 1e-9 {
				t.Errorf("directions %d and %d: %g", i, j, got)
			}
		}
	}
	b := make([]float64, m*m)
	for i := range b {
		b[i] = rng.NormFloat64()
	}
	a := newMetric(m, 16, q, b)
	got := a.Cosines(v[0], v)
	x := a.Apply(v[0])
	for i, y := range v {
		ay := a.Apply(y)
		if want := inner(x, ay) / math.Sqrt(inner(x, x)*inner(ay, ay)); math.Abs(got[i]-want) > 1e-5 {
			t.Errorf("%d: %g, not %g", i, got[i], want)
		}
		if pulled := inner(a.pull(v[0]), y); math.Abs(pulled-inner(x, ay)) > 1e-5 {
			t.Errorf("%d: %g, not %g", i, pulled, inner(x, ay))
		}
	}
	if u := a.Query(v[0]); math.Abs(inner(u, u)-1) > 1e-5 {
		t.Errorf("a query of length %g", inner(u, u))
	}
}
