package finetune

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// microStep is a step whose batch does not fit in memory. The backbone runs on
// micro-batches twice: for the features, on which the head sees the whole batch, so
// that its BatchNorm's statistics are those of the recipe's batch, and for the
// gradients, which are added up. Only BatchNorms of the backbone that train see other
// statistics: those of a micro-batch.
func (s *Session) microStep(b Batch, dims []int) (Step, error) {
	if err := s.makeSums(); err != nil {
		return Step{}, err
	}
	forward, err := s.program("features", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.backbone(scope, s.named(in), true).Features}
	})
	if err != nil {
		return Step{}, err
	}
	parts := s.split(b, dims)
	features := make([]float32, dims[0]*s.config.Features())
	for _, p := range parts {
		out, err := s.run(forward, p.arguments...)
		if err != nil {
			return Step{}, err
		}
		copy(features[p.from*s.config.Features():], out[0][:p.rows*s.config.Features()])
	}

	head, err := s.program("head", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		report, slope := s.headGraph(scope, s.named(in))
		return []*graph.Node{report, slope}
	})
	if err != nil {
		return Step{}, err
	}
	args := s.arguments(b, dims)
	args[0] = tensors.FromFlatDataAndDimensions(features, dims[0], s.config.Features())
	out, err := s.run(head, args...)
	if err != nil {
		return Step{}, err
	}
	step := Step{Rows: b.N, LossSum: float64(out[0][0]), Correct: float64(out[0][1])}
	if len(s.trainable) == 4 { // nothing of the backbone
		return step, nil
	}

	backward, err := s.program("backward", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.backwardGraph(scope, s.named(in), in[7], in[8])}
	})
	if err != nil {
		return Step{}, err
	}
	for _, p := range s.split(b, dims) {
		slope := make([]float32, s.opts.MicroBatch*s.config.Features())
		copy(slope, out[1][p.from*s.config.Features():(p.from+p.rows)*s.config.Features()])
		share := float32(p.counted) / float32(b.N)
		if _, err := s.run(backward, append(p.arguments,
			tensors.FromFlatDataAndDimensions(slope, s.opts.MicroBatch, s.config.Features()), tensors.FromScalar(share))...); err != nil {
			return Step{}, err
		}
	}
	apply, err := s.program("apply", func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.applyGraph(in[0])}
	})
	if err != nil {
		return Step{}, err
	}
	_, err = s.run(apply, tensors.FromScalar(s.rate()))
	return step, err
}

// part is a micro-batch.
type part struct {
	from      int // its first row in the batch
	rows      int // of the batch; the rest of the micro-batch is filling
	counted   int // of those, the ones that are not filling of the batch
	arguments []*tensors.Tensor
}

// split cuts a batch into micro-batches of one size, without those in which no row
// counts.
func (s *Session) split(b Batch, dims []int) []part {
	m, rows := s.opts.MicroBatch, dims[0]
	width := len(b.Inputs) / rows
	drop, path := s.noise(b, rows)
	var parts []part
	for from := 0; from < b.N; from += m {
		n := min(m, rows-from)
		counted := min(n, b.N-from)
		weights := make([]float32, m)
		for i := range counted {
			weights[i] = 1
		}
		rowsOf := func(values []float32, width int) []float32 {
			out := make([]float32, m*width)
			copy(out, values[from*width:(from+n)*width])
			return out
		}
		labels := make([]int32, m)
		copy(labels, b.Labels[from:from+n])
		blocks := len(s.config.Blocks())
		parts = append(parts, part{from: from, rows: n, counted: counted, arguments: []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions(rowsOf(b.Inputs, width), append([]int{m}, dims[1:]...)...),
			tensors.FromFlatDataAndDimensions(labels, m),
			tensors.FromFlatDataAndDimensions(weights, m),
			tensors.FromScalar(s.rate()),
			tensors.FromScalar(float32(s.phase.Dropout)),
			tensors.FromFlatDataAndDimensions(rowsOf(drop, s.config.Features()), m, s.config.Features()),
			tensors.FromFlatDataAndDimensions(rowsOf(path, blocks), m, blocks),
		}})
	}
	return parts
}

// statistics lists the backbone's moving statistics if they train.
func (s *Session) statistics() []string {
	if !s.phase.BatchNorm {
		return nil
	}
	var names []string
	for _, v := range s.config.Variables() {
		if v.Statistic() {
			names = append(names, v.Name)
		}
	}
	return names
}

// makeSums makes the variables that gradients and statistics are added up in.
func (s *Session) makeSums() error {
	for _, name := range append(s.trainable[:len(s.trainable)-4:len(s.trainable)-4], s.statistics()...) {
		sum := slots(name)[2]
		if s.store.GetVariable("/"+sum) != nil {
			continue
		}
		shape := s.store.GetVariable("/" + name).Shape()
		if err := s.set(sum, make([]float32, shape.Size()), shape.Dimensions); err != nil {
			return fmt.Errorf("making room for gradients: %w", err)
		}
	}
	return nil
}
