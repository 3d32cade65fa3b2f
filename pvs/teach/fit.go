package teach

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Options of [Fit]; the zero value is what docs/teach.md was measured with.
type Options struct {
	Seed       uint64 // of the guard, of the parts that are held out and of intervals
	Directions int    // in which A differs from the identity, at most; 0: 48
	Loss       Loss
	// Progress is called after each of the fits; may be nil.
	Progress func(done, total int)
}

// Taught is a fit with what it is worth.
type Taught struct {
	Metric *Metric // nil: no click could be taken
	Report Report
}

const (
	directions      = 48
	unclickedPhotos = 2   // of each product of kin and guard that are anchors
	steps           = 40  // of L-BFGS
	guardWanted     = 120 // products of the guard
	checkWanted     = 200 // photos of other products that are searched for before and after
	spanned         = 1e-6
	mostRows        = 512 // vectors that the directions are learned on
)

// Fit fits a metric to clicks and measures it. Clicks that are not of the index, or whose photos are gone, are counted
// and left out. The same clicks, state of the index, and options give the same metric. It takes seconds; ctx ends it.
func Fit(ctx context.Context, src Source, made Made, clicks []Click, opts Options) (*Taught, error) {
	begun := time.Now()
	if opts.Directions == 0 {
		opts.Directions = directions
	}
	opts.Loss = opts.Loss.filled()
	if opts.Directions < 1 || opts.Loss.Temperature < 0 || opts.Loss.Kin < 0 || opts.Loss.Guard < 0 || opts.Loss.Pull < 0 {
		return nil, fmt.Errorf("%d directions and a loss of %+v are not possible", opts.Directions, opts.Loss)
	}
	t := &teacher{ctx: ctx, opts: opts, all: src, src: once{src, map[string][]float32{}}, made: made,
		near: map[Side][]Photo{}, of: map[string][]Photo{}, clicked: map[string]bool{}}
	list, left, err := t.resolve(clicks)
	if err != nil {
		return nil, fmt.Errorf("looking up the photos that were clicked on: %w", err)
	}
	out := &Taught{Report: Report{LeftOut: left}}
	out.Report.count(list)
	if len(list) == 0 {
		out.Report.decide()
		return out, nil
	}
	for _, c := range list {
		t.clicked[c.own], t.clicked[c.found.product()] = true, true
	}
	guard, check, err := t.draw(list, opts.Seed)
	if err != nil {
		return nil, fmt.Errorf("drawing photos that were not clicked on: %w", err)
	}
	if t.guards, err = t.unclicked(guard, ofGuard); err != nil {
		return nil, err
	}
	if out.Metric, err = t.fit(list); err != nil {
		return nil, err
	}
	if err := t.measure(out, list, check); err != nil {
		return nil, err
	}
	out.Report.Seconds = time.Since(begun).Seconds()
	return out, nil
}

// draw returns products with two photos or more that neither clicks nor their kin speak of: those that guard a fit, and
// photos of others, that are searched for to see whether anything falls.
func (t *teacher) draw(clicks []resolved, seed uint64) (guard, check [][]Photo, err error) {
	taken := maps.Clone(t.clicked)
	kin, err := t.kin(clicks)
	if err != nil {
		return nil, nil, err
	}
	for _, photos := range kin {
		taken[photos[0].product()] = true
	}
	photos, err := t.src.Sample(t.ctx, 8*(guardWanted+checkWanted), seed)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range photos {
		if taken[p.product()] || len(guard) == guardWanted && len(check) == checkWanted {
			continue
		}
		taken[p.product()] = true // each once
		all, err := t.photosOf(p)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case len(all) < 2:
		case len(guard) < guardWanted && len(guard) <= len(check)-fewestScores:
			guard = append(guard, all)
		case len(check) < checkWanted:
			check = append(check, all)
		default:
			guard = append(guard, all)
		}
	}
	return guard, check, nil
}

// fit fits a metric to some of the clicks.
func (t *teacher) fit(clicks []resolved) (*Metric, error) {
	examples, err := t.examples(clicks)
	if err != nil {
		return nil, err
	}
	products, err := t.kin(clicks)
	if err != nil {
		return nil, err
	}
	kin, err := t.unclicked(products, ofKin)
	if err != nil {
		return nil, err
	}
	return minimise(t.ctx, t.made.Dim, slices.Concat(examples, kin), t.guards, t.opts)
}

// minimise fits a metric to examples.
func minimise(ctx context.Context, dim int, examples, guards []example, opts Options) (*Metric, error) {
	q, m, err := span(examples, dim, opts.Directions)
	if err != nil {
		return nil, err
	}
	o := newProblem(slices.Concat(examples, guards), q, m, dim, opts.Loss)
	var at, gradient []float64 // the last place that was computed, as value and gradient are asked for separately
	value := 0.0
	compute := func(g []float64) {
		if !slices.Equal(at, g) {
			at, gradient = slices.Clone(g), make([]float64, len(g))
			value = o.loss(g, gradient)
		}
	}
	found, err := optimize.Minimize(optimize.Problem{
		Func: func(g []float64) float64 { compute(g); return value },
		Grad: func(into, g []float64) { compute(g); copy(into, gradient) },
		Status: func() (optimize.Status, error) {
			if err := ctx.Err(); err != nil {
				return optimize.Failure, context.Cause(ctx)
			}
			return optimize.NotTerminated, nil
		},
	}, make([]float64, m*m), &optimize.Settings{MajorIterations: steps, GradientThreshold: 1e-5}, &optimize.LBFGS{})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if found == nil || !finite(found.X) {
		return nil, fmt.Errorf("fitting to %d examples: %w", len(examples), errors.Join(errDiverged, err))
	}
	// A line search that finds nothing better is an error to it; the best place that it found is the result.
	for i := range m {
		found.X[i*m+i]++ // B = I + G
	}
	return newMetric(m, dim, q, found.X), nil
}

var errDiverged = errors.New("the values are not finite")

func finite(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// span returns orthonormal directions [m, dim], m at most as wanted: those in which the examples' vectors vary most.
func span(examples []example, dim, wanted int) (q []float64, m int, err error) {
	var rows [][]float32
	seen := map[*float32]bool{}
	for _, e := range examples {
		for _, v := range slices.Concat([][]float32{e.anchor}, e.positives, e.negatives) {
			if !seen[&v[0]] {
				seen[&v[0]] = true
				rows = append(rows, v)
			}
		}
	}
	if len(rows) > mostRows {
		some := make([][]float32, mostRows)
		for i := range some {
			some[i] = rows[i*len(rows)/mostRows]
		}
		rows = some
	}
	n := len(rows)
	x := mat.NewDense(n, dim, nil)
	mean := make([]float64, dim)
	for _, row := range rows {
		for d, v := range row {
			mean[d] += float64(v) / float64(n)
		}
	}
	for i, row := range rows {
		for d, v := range row {
			x.Set(i, d, float64(v)-mean[d])
		}
	}
	// The eigenvectors of XX', [n, n], give those of X'X, [dim, dim].
	var inner mat.SymDense
	inner.SymOuterK(1, x)
	var eigen mat.EigenSym
	if !eigen.Factorize(&inner, true) {
		return nil, 0, errors.New("the directions of the clicks' photos were not found: the eigenvalues did not converge")
	}
	values := eigen.Values(nil) // smallest first
	for m < min(wanted, n) && values[n-1-m] > spanned*values[n-1] {
		m++
	}
	if m == 0 {
		return nil, 0, errors.New("the photos that were clicked on all have the same vector: nothing can be learned of them")
	}
	var all, directions mat.Dense
	eigen.VectorsTo(&all)
	directions.Mul(all.Slice(0, n, n-m, n).T(), x)
	for j := range m {
		row := directions.RawRowView(j)
		length := math.Sqrt(dot(row, row))
		for d := range row {
			row[d] /= length
		}
	}
	return directions.RawMatrix().Data, m, nil
}

// newProblem puts examples into coordinates of directions q [m, dim].
func newProblem(examples []example, q []float64, m, dim int, loss Loss) *problem {
	o := &problem{m: m, Loss: loss}
	number := map[*float32]int{}
	var rows [][]float32
	of := func(v []float32) int {
		i, ok := number[&v[0]]
		if !ok {
			i = len(rows)
			number[&v[0]] = i
			rows = append(rows, v)
		}
		return i
	}
	for _, e := range examples {
		t := term{floor: e.floor, kind: e.kind}
		a := of(e.anchor)
		add := func(list [][]float32) (numbers []int) {
			for _, v := range list {
				if j := of(v); j != a {
					numbers = append(numbers, len(o.pairs))
					o.pairs = append(o.pairs, pair{i: a, j: j})
				}
			}
			return numbers
		}
		t.positives, t.negatives = add(e.positives), add(e.negatives)
		o.terms = append(o.terms, t)
	}
	o.n = len(rows)
	wide := make([]float64, o.n*dim)
	for i, row := range rows {
		for d, v := range row {
			wide[i*dim+d] = float64(v)
		}
	}
	o.p = make([]float64, o.n*m)
	out := mat.NewDense(o.n, m, o.p)
	out.Mul(mat.NewDense(o.n, dim, wide), mat.NewDense(m, dim, q).T())
	between := func(of []float64, width, i, j int) float64 {
		return dot(of[i*width:(i+1)*width], of[j*width:(j+1)*width])
	}
	o.rest = make([]float64, o.n)
	for i := range o.n {
		o.rest[i] = between(wide, dim, i, i) - between(o.p, m, i, i)
	}
	for k := range o.pairs {
		p := &o.pairs[k]
		p.rest = between(wide, dim, p.i, p.j) - between(o.p, m, p.i, p.j)
	}
	o.start()
	return o
}
