package finetune

import (
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/classify"
)

// headInKernels returns the classifier that runs in own kernels, with the weights as they are, for as long as
// those are there.
func (s *Session) headInKernels(values inMemory) (*classify.CPUHead, error) {
	if s.ownHead == nil {
		k, err := classify.NewCPUHead(s.top)
		if err != nil {
			return nil, err
		}
		s.ownHead = k
	}
	return s.ownHead, s.ownHead.Load(values)
}

// trainHeadInKernels trains the classifier there on a batch's features, and returns how the loss falls with
// them.
func (s *Session) trainHeadInKernels(values inMemory, p part) (Step, []float32, error) {
	head, err := s.headInKernels(values)
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

// evaluateInKernels is the loss in inference where own kernels train.
func (s *Session) evaluateInKernels(p part) (step Step, err error) {
	all := names(s.top.Variables())
	if s.input != FromFeatures {
		all = append(all, names(s.config.Variables())...)
	}
	err = s.withInMemory(tensors.ConstFlatData[float32], all, func(values inMemory) error {
		if s.input != FromFeatures {
			body, err := s.bodyInKernels(values)
			if err != nil {
				return err
			}
			if p.x, err = body.infer(values, p); err != nil {
				return err
			}
		}
		head, err := s.headInKernels(values)
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
