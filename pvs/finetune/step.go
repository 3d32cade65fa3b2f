package finetune

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"

	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/cores"
)

// Batch is what a step sees. Its rows are as many as the phase's batch; those from N on
// fill it up and count nowhere.
type Batch struct {
	N      int
	Inputs []float32 // [rows, ...], for the phase's input
	Labels []int32   // [rows] classes; photos for the Siamese head
	Seed   uint64    // of the step's dropout
}

// Step trains on one batch.
func (s *Session) Step(b Batch) (Step, error) {
	if s.trainable == nil {
		return Step{}, fmt.Errorf("no phase was begun")
	}
	dims, err := s.check(b)
	if err != nil {
		return Step{}, err
	}
	if s.apart() {
		if b, err = s.ahead(b); err != nil {
			return Step{}, err
		}
		defer func(images Input) { s.input = images }(s.input)
		s.input = s.phase.CachedInput()
		dims = append([]int{len(b.Labels)}, s.row(s.input)...)
	}
	defer func() { s.iterations++ }()
	switch rows := dims[0]; {
	case s.phase.Siamese():
		return s.siameseStep(b, dims)
	case s.owns() || s.splits(rows):
		return s.partedStep(b, dims)
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
	if s.owns() {
		return s.evaluateInKernels(part{counted: b.N, dims: dims, x: b.Inputs, labels: b.Labels})
	}
	exec, err := s.program("evaluate", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.evaluateGraph(scope, inputs{x: in[0], labels: in[1], weights: in[2]})}
	})
	if err != nil {
		return Step{}, err
	}
	return s.classified(exec, b.N, seen(part{dims: dims, x: b.Inputs, labels: b.Labels, counted: b.N}))
}

// classified runs a classifier's program and reads its report.
func (s *Session) classified(exec *model.Exec, rows int, args []argument) (Step, error) {
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

// check returns the dimensions of a batch's inputs.
func (s *Session) check(b Batch) ([]int, error) {
	rows, row := len(b.Labels), s.row(s.input)
	size := rows
	for _, d := range row {
		size *= d
	}
	if b.N < 1 || b.N > rows || len(b.Inputs) != size {
		return nil, fmt.Errorf("a batch of %d of %d rows with %d values does not fit inputs of %v", b.N, rows, len(b.Inputs), row)
	}
	if !s.phase.Siamese() {
		if err := s.devices.divide("batch", rows); err != nil {
			return nil, err
		}
	}
	return append([]int{rows}, row...), nil
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

// siameseStep trains the projection. A short batch is not filled up: rows that are no
// photos would be negatives.
func (s *Session) siameseStep(b Batch, dims []int) (Step, error) {
	exec, err := s.program("step", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.siameseGraph(scope, in[0], in[1], in[2])}
	})
	if err != nil {
		return Step{}, err
	}
	return s.triplets(exec, b, dims, scalar(s.rate()))
}

// triplets runs a program on a batch's whole rows and reads its report.
func (s *Session) triplets(exec *model.Exec, b Batch, dims []int, more ...argument) (Step, error) {
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

// seen are the parameters of evaluation, the first of [inputs].
func seen(p part) []argument {
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
	return append(seen(p),
		scalar(s.rate()),
		scalar(float32(s.phase.Dropout)),
		perRow(p.drop, rows, s.config.Features()),
		perRow(p.path, rows, len(s.config.Blocks())))
}

// named is the inverse of arguments, in a graph.
func (s *Session) named(in []*graph.Node) inputs {
	return inputs{x: in[0], labels: in[1], weights: in[2], rate: in[3], dropout: in[4], dropNoise: in[5], pathNoise: in[6]}
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

// program returns a compiled program of the phase, or builds it.
func (s *Session) program(kind string, build func(scope *model.Scope, in []*graph.Node) []*graph.Node) (*model.Exec, error) {
	key := program{kind: kind, input: s.input, classes: s.top.Classes}
	if kind != "evaluate" || s.phase.Siamese() {
		key.trains, key.batchNorm = s.phase.Trains, s.phase.BatchNorm
	}
	if s.phase.Siamese() {
		key.margin, key.metric = s.phase.Margin, s.phase.Metric
	}
	if exec, ok := s.programs[key]; ok {
		return exec, nil
	}
	exec, err := model.NewExec(s.backend, s.store, build)
	if err != nil {
		return nil, fmt.Errorf("building the training of %s: %w", s.config.Title, err)
	}
	if s.devices != nil && !s.phase.Siamese() {
		s.devices.share(exec)
	}
	s.programs[key] = exec
	return exec, nil
}

// run executes and copies all outputs, and frees what it was given.
func (s *Session) run(exec *model.Exec, args ...argument) ([][]float32, error) {
	on := exec.NumDevices()
	given := make([]any, len(args))
	places := make([]*distributed.ShardingSpec, len(args))
	defer func() {
		for _, v := range given {
			if v, ok := v.(value); ok {
				_ = v.FinalizeAll()
			}
		}
	}()
	for i, a := range args {
		v, place, err := s.devices.give(a, on)
		if err != nil {
			return nil, err
		}
		given[i], places[i] = v, place
	}
	if on > 1 {
		exec.WithInputShardingSpecs(places...)
	}
	out, err := exec.Exec(given...)
	if err != nil {
		return nil, s.explain(err)
	}
	values := make([][]float32, len(out)/on) // all devices give the same
	for i, o := range out {
		if i < len(values) {
			if values[i], err = tensors.CopyFlatData[float32](o); err != nil {
				return nil, err
			}
		}
		if err := o.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// explain names the way out of a full memory.
func (s *Session) explain(err error) error {
	if text := strings.ToLower(err.Error()); strings.Contains(text, "resource_exhausted") || strings.Contains(text, "out of memory") {
		return fmt.Errorf("a batch of %d does not fit in the device's memory; split it with --micro-batch: %w", s.phase.Batch, err)
	}
	return fmt.Errorf("training %s: %w", s.phase.Trains, err)
}
