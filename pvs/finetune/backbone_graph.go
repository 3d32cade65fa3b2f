package finetune

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/classify"
)

// graphBackbone is the backbone as graphs for micro-batches of a batch that does not fit in memory:
// one for the features and one that runs again for the gradients. Only BatchNorms of the
// backbone that train see other statistics than in one step: those of a micro-batch.
type graphBackbone struct{ s *Session }

func (b graphBackbone) features(p part, to []float32) error {
	s := b.s
	forward, err := s.program("features", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.backbone(scope, s.named(in), true).Features}
	})
	if err != nil {
		return err
	}
	out, err := s.run(forward, s.arguments(p)...)
	if err != nil {
		return err
	}
	copy(to, out[0])
	return nil
}

func (b graphBackbone) head(whole part) (Step, []float32, error) {
	s := b.s
	head, err := s.program("head", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		report, gradient := s.headGraph(scope, s.named(in))
		return []*graph.Node{report, gradient}
	})
	if err != nil {
		return Step{}, nil, err
	}
	out, err := s.run(head, s.arguments(whole)...)
	if err != nil {
		return Step{}, nil, err
	}
	step := stepOf(out[0], whole.counted)
	if math.IsNaN(step.LossSum) || math.IsInf(step.LossSum, 0) { // there is no use in going on
		return step, nil, classify.ErrLoss
	}
	return step, out[1], nil
}

func (b graphBackbone) backward(p part, gradients []float32, share float32) error {
	s := b.s
	backward, err := s.program("backward", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.backwardGraph(scope, s.named(in), in[7], in[8])}
	})
	if err != nil {
		return err
	}
	filled := make([]float32, p.dims[0]*s.config.Features())
	copy(filled, gradients)
	_, err = s.run(backward, append(s.arguments(p), perRow(filled, p.dims[0], s.config.Features()), scalar(share))...)
	if err != nil {
		return err
	}
	return s.commit(isSum)
}

func (b graphBackbone) apply() error {
	s := b.s
	apply, err := s.program("apply", func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{s.applyGraph(in[0])}
	})
	if err != nil {
		return err
	}
	_, err = s.run(apply, scalar(s.stepSize()))
	return err
}

// discard lets the next step begin with sums of zero.
func (b graphBackbone) discard() { b.s.sumsLeft = true }

// isSum says whether a variable is a sum.
func isSum(name string) bool { return strings.HasPrefix(name, sumOf("")) }

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
		if s.store.GetVariable("/"+sum) != nil && !s.sumsLeft {
			continue
		}
		shape := s.store.GetVariable("/" + name).Shape()
		if err := s.set(sum, make([]float32, shape.Size()), shape.Dimensions); err != nil {
			return fmt.Errorf("making the sums of gradients: %w", err)
		}
	}
	s.sumsLeft = false
	return nil
}
