package finetune

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// body is the backbone of a step whose head is computed apart from it: as graphs on
// micro-batches, or in the network's own kernels.
type body interface {
	// features computes those of a part's rows that count, as they are in training.
	features(p part, to []float32) error
	// back adds up the gradients of a part's weights, given how the loss falls with those
	// features. Share is the part's of the batch.
	back(p part, slopes []float32, share float32) error
	// apply takes Adam's step with the sums.
	apply() error
}

// body returns that of the phase.
func (s *Session) body() (body, error) {
	if s.owns() {
		return s.bodyInKernels()
	}
	return bodyGraph{s}, s.makeSums()
}

// partedStep runs the backbone on parts of a batch for their features, on which the head sees
// the whole batch, so that its BatchNorm's statistics are those of the recipe's batch; then
// back for the gradients, which are added up.
func (s *Session) partedStep(b Batch, dims []int) (Step, error) {
	whole := s.whole(b, dims)
	if s.input == FromFeatures {
		step, _, err := s.headStep(whole)
		return step, err
	}
	body, err := s.body()
	if err != nil {
		return Step{}, err
	}
	parts := []part{whole}
	if s.splits(dims[0]) {
		parts = s.split(whole)
	}
	width := s.config.Features()
	of := func(p part, values []float32) []float32 { return values[p.from*width:][:p.counted*width] }
	features := make([]float32, dims[0]*width) // zeros of rows that do not count
	for _, p := range parts {
		if err := body.features(p, of(p, features)); err != nil {
			return Step{}, err
		}
	}
	whole.x, whole.dims = features, []int{dims[0], width}
	step, slopes, err := s.headStep(whole)
	if err != nil || len(s.ofBackbone()) == 0 {
		return step, err
	}
	for _, p := range parts {
		if err := body.back(p, of(p, slopes), float32(p.counted)/float32(b.N)); err != nil {
			return Step{}, err
		}
	}
	return step, body.apply()
}

// headStep trains the classifier on a batch's features and returns how the loss falls with them, at
// least those of the rows that count.
func (s *Session) headStep(whole part) (Step, []float32, error) {
	if s.owns() {
		return s.trainHeadInKernels(whole)
	}
	head, err := s.program("head", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		report, slope := s.headGraph(scope, s.named(in))
		return []*graph.Node{report, slope}
	})
	if err != nil {
		return Step{}, nil, err
	}
	out, err := s.run(head, s.arguments(whole)...)
	if err != nil {
		return Step{}, nil, err
	}
	return stepOf(out[0], whole.counted), out[1], nil
}

// splits says whether a batch is split into micro-batches.
func (s *Session) splits(rows int) bool {
	return s.input != FromFeatures && s.opts.MicroBatch > 0 && s.opts.MicroBatch < rows
}

// split cuts a batch into micro-batches of one size, without those in which no row
// counts.
func (s *Session) split(whole part) []part {
	m, rows := s.opts.MicroBatch, whole.dims[0]
	var parts []part
	for from := 0; from < whole.counted; from += m {
		to := min(rows, from+m)
		p := part{from: from, counted: min(to, whole.counted) - from, dims: append([]int{m}, whole.dims[1:]...), labels: make([]int32, m)}
		copy(p.labels, whole.labels[from:to])
		filled := func(values []float32) []float32 {
			width := len(values) / rows
			out := make([]float32, m*width)
			copy(out, values[from*width:to*width])
			return out
		}
		p.x, p.drop, p.path = filled(whole.x), filled(whole.drop), filled(whole.path)
		parts = append(parts, p)
	}
	return parts
}
