package finetune

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Batch is what a step sees. A batch always has [Phase].Batch rows; rows from N on are padding and do not count.
type Batch struct {
	N      int
	Inputs []float32 // [rows, ...], for the phase's input
	Labels []int32   // [rows] classes; photos for the Siamese head
	Seed   uint64    // of the step's dropout
}

// Step trains on one batch. If it fails, weights, moments, moving statistics and the count of steps are as they
// were before it. They are also unchanged if the loss is NaN or infinite; the returned Step carries that loss.
func (s *Session) Step(b Batch) (Step, error) {
	if s.trainable == nil {
		return Step{}, fmt.Errorf("no phase was begun")
	}
	dims, err := s.check(b)
	if err != nil {
		return Step{}, err
	}
	if s.separate() {
		if b, err = s.throughFrozen(b); err != nil {
			return Step{}, err
		}
		defer func(images Input) { s.input = images }(s.input)
		s.input = s.phase.CachedInput()
		dims = append([]int{len(b.Labels)}, s.row(s.input)...)
	}
	step, err := s.finish(s.step(b, dims))
	if errors.Is(err, classify.ErrLoss) {
		err = nil
	}
	return step, err
}

// step computes what changes on a batch.
func (s *Session) step(b Batch, dims []int) (Step, error) {
	switch rows := dims[0]; {
	case s.phase.Siamese():
		return s.siameseStep(b, dims)
	case s.fused():
		return s.stepFused(s.whole(b, dims))
	case s.splits(rows):
		return s.stepInParts(s.whole(b, dims))
	}
	exec, err := s.program("step", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.stepGraph(scope, s.named(in))}
	})
	if err != nil {
		return Step{}, err
	}
	return s.classified(exec, b.N, s.arguments(s.whole(b, dims)))
}

// Evaluate returns the loss of a batch in inference: it changes nothing.
func (s *Session) Evaluate(b Batch) (Step, error) {
	dims, err := s.check(b)
	if err != nil {
		return Step{}, err
	}
	if s.phase.Siamese() {
		exec, err := s.program("evaluate", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{tripletReport(s.tripletLoss(scope, in[0], in[1]))}
		})
		if err != nil {
			return Step{}, err
		}
		return s.triplets(exec, b, dims)
	}
	if s.fused() {
		return s.evaluateFused(part{counted: b.N, dims: dims, x: b.Inputs, labels: b.Labels})
	}
	exec, err := s.program("evaluate", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.evaluateGraph(scope, inputs{x: in[0], labels: in[1], weights: in[2]})}
	})
	if err != nil {
		return Step{}, err
	}
	return s.classified(exec, b.N, evaluated(part{dims: dims, x: b.Inputs, labels: b.Labels, counted: b.N}))
}

// classified runs a classifier's program and reads its report.
func (s *Session) classified(exec *compiled, rows int, args []argument) (Step, error) {
	report, err := s.run(exec, args...)
	if err != nil {
		return Step{}, err
	}
	return stepOf(report[0], rows), nil
}

// stepOf reads a classifier's report.
func stepOf(report []float32, rows int) Step {
	return Step{Rows: rows, LossSum: float64(report[0]), Correct: float64(report[1])}
}

// check returns the dimensions of a batch's inputs; lengths and labels that do not fit are an error.
func (s *Session) check(b Batch) ([]int, error) {
	rows, row := len(b.Labels), s.row(s.input)
	size := rows
	for _, d := range row {
		size *= d
	}
	if b.N < 1 || b.N > rows || len(b.Inputs) != size {
		return nil, fmt.Errorf("a batch of %d of %d rows with %d values does not fit inputs of %v", b.N, rows, len(b.Inputs),
			row)
	}
	if s.phase.Siamese() {
		return append([]int{rows}, row...), nil
	}
	for i, label := range b.Labels[:b.N] {
		if label < 0 || int(label) >= s.top.Classes {
			return nil, fmt.Errorf("row %d of a batch has class %d; the classifier has those from 0 to %d", i, label,
				s.top.Classes-1)
		}
	}
	return append([]int{rows}, row...), s.devices.divide("batch", rows)
}

// row returns the dimensions of one row of an input.
func (s *Session) row(input Input) []int {
	switch input {
	case FromBlock:
		h, w, c := s.config.InputOf(lastStage, s.opts.Size)
		return []int{h, w, c}
	case FromFeatures:
		return []int{s.config.Features()}
	}
	return []int{s.opts.Size, s.opts.Size, 3}
}

// siameseStep trains the projection. A short batch is not padded: padding rows
// would be negatives.
func (s *Session) siameseStep(b Batch, dims []int) (Step, error) {
	exec, err := s.program("step", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.siameseGraph(scope, in[0], in[1], in[2])}
	})
	if err != nil {
		return Step{}, err
	}
	return s.triplets(exec, b, dims, scalar(s.stepSize()))
}

// triplets runs a program on a batch's whole rows and reads its report.
func (s *Session) triplets(exec *compiled, b Batch, dims []int, more ...argument) (Step, error) {
	n, width := b.N, dims[1]
	args := append([]argument{perRow(b.Inputs[:n*width], n, width), perRow(b.Labels[:n], n)}, more...)
	report, err := s.run(exec, args...)
	if err != nil {
		return Step{}, err
	}
	r := report[0]
	pairs := float64(r[1])
	return Step{Rows: n, LossSum: float64(r[0]) * float64(n), Pairs: pairs, Active: float64(r[2]) * pairs,
		PositiveSum: float64(r[3]) * pairs, NegativeSum: float64(r[4]) * pairs}, nil
}

// part is a batch, or a micro-batch of it, with its noise.
type part struct {
	from       int   // its first row in the batch
	counted    int   // rows that are not filling, the first ones
	dims       []int // of x
	x          []float32
	labels     []int32
	drop, path []float32 // noise of dropout and of stochastic depth
}

// whole is all of a batch.
func (s *Session) whole(b Batch, dims []int) part {
	p := part{counted: b.N, dims: dims, x: b.Inputs, labels: b.Labels}
	p.drop, p.path = s.noise(b, dims[0])
	return p
}

// evaluated are the parameters of evaluation, the first of [inputs].
func evaluated(p part) []argument {
	rows := p.dims[0]
	weights := make([]float32, rows)
	for i := range p.counted {
		weights[i] = 1
	}
	return []argument{perRow(p.x, p.dims...), perRow(p.labels, rows), perRow(weights, rows)}
}

// arguments are the parameters of a classifier's training, in the order of [inputs].
func (s *Session) arguments(p part) []argument {
	rows := p.dims[0]
	return append(evaluated(p),
		scalar(s.stepSize()),
		scalar(float32(s.phase.Dropout)),
		perRow(p.drop, rows, s.config.Features()),
		perRow(p.path, rows, len(s.config.Blocks())))
}

// named is the inverse of arguments, in a graph.
func (s *Session) named(in []*graph.Node) inputs {
	return inputs{x: in[0], labels: in[1], weights: in[2], stepSize: in[3], dropout: in[4], dropNoise: in[5],
		pathNoise: in[6]}
}

// noise draws what dropout and stochastic depth compare with their rates. It comes
// from the host, so that it is the same on every backend and in micro-batches; each row has
// its own generator, so that cores share the work.
func (s *Session) noise(b Batch, rows int) (drop, path []float32) {
	features, blocks := s.config.Features(), len(s.config.Blocks())
	drop, path = make([]float32, rows*features), make([]float32, rows*blocks)
	cores.Ranges(rows, runtime.GOMAXPROCS(0), func(_, from, to int) {
		for r := from; r < to; r++ {
			rng := rand.New(rand.NewPCG(b.Seed, uint64(s.iterations)<<32|uint64(r)))
			if s.opts.DropConnect > 0 {
				uniform(rng, path[r*blocks:][:blocks])
			}
			if s.phase.Dropout > 0 {
				uniform(rng, drop[r*features:][:features])
			}
		}
	})
	return drop, path
}

// uniform draws values from 0 on below 1.
func uniform(rng *rand.Rand, to []float32) {
	for i := range to {
		to[i] = rng.Float32()
	}
}
