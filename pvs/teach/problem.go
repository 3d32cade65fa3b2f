package teach

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// problem is what a fit minimises over G = B - I, a matrix [m, m]: vectors by their coordinates in the directions and
// what they have beside them, which A leaves as it is. With q = (I + G) p the inner product of two moved vectors is
// that of their coordinates q, plus that of the rest; so no step is in the dimension of the vectors.
//
// With s(a, b) = cos(Aa, Ab) the loss is
//
//	L = mean over click terms of c + kin * mean over kin terms of c
//	  + guard * mean over guard terms of max(0, c - before)^2 + pull * |G|^2
//	c = mean over a term's positives p of log(1 + sum over its negatives n of exp((s(a, n) - s(a, p)) / tau))
//
// with a term's c of A = I as its before. A term without positives has one whose cosine is the constant floor.
type problem struct {
	n, m  int
	p     []float64 // [n, m]: coordinates
	rest  []float64 // [n]: squared length beside them
	pairs []pair
	terms []term
	Loss

	count [3]int // terms by kind
}

// pair is two vectors whose cosine a term looks at.
type pair struct {
	i, j int
	rest float64 // inner product beside the directions
}

// term is a photo with those that it should be near to, and those that it should not.
type term struct {
	positives, negatives []int // pairs
	floor                float64
	kind                 kind
	before               float64
}

// Loss is what the parts of the loss weigh; the zero value is what docs/teach.md was measured with.
type Loss struct {
	Temperature float64 // tau, of cosines; 0: 0.05
	Guard       float64 // weight of the guard; 0: 10
	Kin         float64 // weight of the kin; 0: 1
	Pull        float64 // weight of the distance from the identity; 0: 0.05
}

func (l Loss) filled() Loss {
	for _, f := range []struct {
		of    *float64
		usual float64
	}{{&l.Temperature, 0.05}, {&l.Kin, 1}, {&l.Guard, 10}, {&l.Pull, 0.05}} {
		if *f.of == 0 {
			*f.of = f.usual
		}
	}
	return l
}

func general(rows, cols int, data []float64) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: data}
}

// start computes each guard term's loss before.
func (o *problem) start() {
	s := o.cosines(make([]float64, o.m*o.m))
	for i := range o.terms {
		t := &o.terms[i]
		o.count[t.kind]++
		if t.kind == ofGuard {
			t.before = o.cost(t, s.of, nil, nil)
		}
	}
}

// state is the vectors after a step.
type state struct {
	q       []float64 // [n, m]
	lengths []float64 // [n]
	of      []float64 // cosines of the pairs
}

// cosines moves all vectors by I + g.
func (o *problem) cosines(g []float64) *state {
	s := &state{q: append([]float64(nil), o.p...), lengths: make([]float64, o.n), of: make([]float64, len(o.pairs))}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, general(o.n, o.m, o.p), general(o.m, o.m, g), 1, general(o.n, o.m, s.q))
	for i := range o.n {
		q := s.q[i*o.m : (i+1)*o.m]
		s.lengths[i] = math.Sqrt(max(1e-12, o.rest[i]+dot(q, q)))
	}
	for k, pr := range o.pairs {
		s.of[k] = (pr.rest + dot(s.q[pr.i*o.m:(pr.i+1)*o.m], s.q[pr.j*o.m:(pr.j+1)*o.m])) /
			(s.lengths[pr.i] * s.lengths[pr.j])
	}
	return s
}

func dot(a, b []float64) float64 {
	return blas64.Dot(blas64.Vector{N: len(a), Inc: 1, Data: a}, blas64.Vector{N: len(b), Inc: 1, Data: b})
}

// cost is c of a term. by is added, for each of its pairs, factor(c) times the derivative of c by the pair's cosine;
// nil: nothing is.
func (o *problem) cost(t *term, of, by []float64, factor func(c float64) float64) float64 {
	if len(t.negatives) == 0 {
		return 0
	}
	tau := o.Temperature
	most := math.Inf(-1)
	for _, k := range t.negatives {
		most = max(most, of[k]/tau)
	}
	sum := 0.0
	for _, k := range t.negatives {
		sum += math.Exp(of[k]/tau - most)
	}
	total := most + math.Log(sum) // log of the sum over the negatives
	scores := []float64{t.floor}
	if len(t.positives) > 0 {
		scores = make([]float64, len(t.positives))
		for i, k := range t.positives {
			scores[i] = of[k]
		}
	}
	share := 1 / float64(len(scores))
	c := 0.0
	for _, s := range scores {
		c += share * softplus(total-s/tau)
	}
	if by == nil {
		return c
	}
	f := factor(c) * share / tau
	if f == 0 {
		return c
	}
	pushed := 0.0
	for i, s := range scores {
		d := f / (1 + math.Exp(s/tau-total))
		pushed += d
		if len(t.positives) > 0 {
			by[t.positives[i]] -= d
		}
	}
	for _, k := range t.negatives {
		by[k] += pushed * math.Exp(of[k]/tau-total)
	}
	return c
}

// softplus is log(1 + exp(x)).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// loss computes L and, where gradient [m, m] is not nil, its derivatives by g.
func (o *problem) loss(g, gradient []float64) float64 {
	s := o.cosines(g)
	var by []float64 // derivatives by the pairs' cosines
	if gradient != nil {
		by = make([]float64, len(o.pairs))
	}
	sum := o.Pull * dot(g, g)
	for i := range o.terms {
		t := &o.terms[i]
		weight := [...]float64{1, o.Kin, o.Guard}[t.kind] / float64(o.count[t.kind])
		if t.kind != ofGuard {
			sum += weight * o.cost(t, s.of, by, func(float64) float64 { return weight })
			continue
		}
		c := o.cost(t, s.of, by, func(c float64) float64 { return 2 * weight * max(0, c-t.before) })
		sum += weight * max(0, c-t.before) * max(0, c-t.before)
	}
	if gradient != nil {
		o.backward(s, g, by, gradient)
	}
	return sum
}

// backward computes the derivatives by g from those by the pairs' cosines.
func (o *problem) backward(s *state, g, by, gradient []float64) {
	dq := make([]float64, o.n*o.m)
	row := func(of []float64, i int) blas64.Vector {
		return blas64.Vector{N: o.m, Inc: 1, Data: of[i*o.m : (i+1)*o.m]}
	}
	shrink := make([]float64, o.n) // what pairs take away along a vector itself, by its length
	for k, pr := range o.pairs {
		if by[k] == 0 {
			continue
		}
		f := by[k] / (s.lengths[pr.i] * s.lengths[pr.j])
		blas64.Axpy(f, row(s.q, pr.j), row(dq, pr.i))
		blas64.Axpy(f, row(s.q, pr.i), row(dq, pr.j))
		shrink[pr.i] += by[k] * s.of[k]
		shrink[pr.j] += by[k] * s.of[k]
	}
	for i := range o.n {
		blas64.Axpy(-shrink[i]/(s.lengths[i]*s.lengths[i]), row(s.q, i), row(dq, i))
	}
	for i := range gradient {
		gradient[i] = 2 * o.Pull * g[i]
	}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, general(o.n, o.m, dq), general(o.n, o.m, o.p), 1,
		general(o.m, o.m, gradient))
}
