package finetune

import (
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/classify"
)

// loadHead returns the classifier in the fused CPU kernels, with the weights as they are, for as long as
// those are there.
func (s *Session) loadHead(values inMemory) (*classify.CPUHead, error) {
	if s.headFused == nil {
		k, err := classify.NewCPUHead(s.top)
		if err != nil {
			return nil, err
		}
		s.headFused = k
	}
	return s.headFused, s.headFused.Load(values)
}

// trainHeadFused trains the classifier there on a batch's features, and returns their gradients.
func (s *Session) trainHeadFused(values inMemory, p part) (Step, []float32, error) {
	head, err := s.loadHead(values)
	if err != nil {
		return Step{}, nil, err
	}
	defer head.Drop()
	out, err := head.Step(classify.Batch{
		Features: p.counting(p.x), Labels: p.labels[:p.counted],
		Dropout: float32(s.phase.Dropout), Noise: p.counting(p.drop),
	}, s.adam(), s.trained(values, s.ofHead()))
	step := Step{Rows: p.counted, LossSum: out.LossSum, Correct: out.Correct}
	if err != nil {
		return step, nil, err
	}
	values.move(classify.MovingMean, out.Mean)
	values.move(classify.MovingVariance, out.Variance)
	return step, out.FeatureGradients, nil
}

// evaluateFused is the loss in inference where the fused CPU kernels train.
func (s *Session) evaluateFused(p part) (step Step, err error) {
	all := names(s.top.Variables())
	if s.input != FromFeatures {
		all = append(all, names(s.config.Variables())...)
	}
	err = s.withInMemory(tensors.ConstFlatData[float32], all, func(values inMemory) error {
		if s.input != FromFeatures {
			b, err := s.loadBackbone(values)
			if err != nil {
				return err
			}
			if p.x, err = b.infer(values, p); err != nil {
				return err
			}
		}
		head, err := s.loadHead(values)
		if err != nil {
			return err
		}
		defer head.Drop()
		loss, correct, err := head.Evaluate(p.counting(p.x), p.labels[:p.counted])
		step = Step{Rows: p.counted, LossSum: loss, Correct: correct}
		return err
	})
	return step, err
}
