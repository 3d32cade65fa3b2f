package finetune

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
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
	whole := s.whole(b, dims)
	parts := s.split(whole)
	width := s.config.Features()
	features := make([]float32, dims[0]*width)
	for _, p := range parts {
		out, err := s.run(forward, s.arguments(p)...)
		if err != nil {
			return Step{}, err
		}
		copy(features[p.from*width:], out[0])
	}

	head, err := s.program("head", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		report, slope := s.headGraph(scope, s.named(in))
		return []*graph.Node{report, slope}
	})
	if err != nil {
		return Step{}, err
	}
	whole.x, whole.dims = features, []int{dims[0], width}
	out, err := s.run(head, s.arguments(whole)...)
	if err != nil {
		return Step{}, err
	}
	step, slopes := stepOf(out[0], b.N), out[1]
	if len(s.ofBackbone()) == 0 {
		return step, nil
	}

	backward, err := s.program("backward", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.backwardGraph(scope, s.named(in), in[7], in[8])}
	})
	if err != nil {
		return Step{}, err
	}
	for _, p := range parts {
		slope := make([]float32, s.opts.MicroBatch*width)
		copy(slope, slopes[p.from*width:])
		share := float32(p.counted) / float32(b.N)
		if _, err := s.run(backward, append(s.arguments(p),
			perRow(slope, s.opts.MicroBatch, width), scalar(share))...); err != nil {
			return Step{}, err
		}
	}
	apply, err := s.program("apply", func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.applyGraph(in[0])}
	})
	if err != nil {
		return Step{}, err
	}
	_, err = s.run(apply, scalar(s.rate()))
	return step, err
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

// sumOf is the name of what a weight's gradients, or a moving statistic's values, are
// added up in over micro-batches.
func sumOf(name string) string { return "sum/" + name }

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
	for _, name := range slices.Concat(s.ofBackbone(), s.statistics()) {
		sum := sumOf(name)
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
