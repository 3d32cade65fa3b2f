package finetune

import "github.com/gopvs/product-visual-search/pvs/classify"

// headInKernels returns the classifier that runs in own kernels, with the weights as they are.
func (s *Session) headInKernels() (*classify.Kernels, error) {
	if s.ownHead == nil {
		k, err := classify.NewKernels(s.top)
		if err != nil {
			return nil, err
		}
		s.ownHead = k
	}
	values, err := s.allInMemory(s.top.Variables())
	s.ownHead.Load(values)
	return s.ownHead, err
}

// trainHeadInKernels is headStep there.
func (s *Session) trainHeadInKernels(p part) (Step, []float32, error) {
	head, err := s.headInKernels()
	if err != nil {
		return Step{}, nil, err
	}
	weights, err := s.trainedInMemory(s.ofHead())
	if err != nil {
		return Step{}, nil, err
	}
	out, err := head.Step(classify.Batch{
		Features: p.counting(p.x), Labels: p.labels[:p.counted],
		Dropout: float32(s.phase.Dropout), Noise: p.counting(p.drop),
	}, s.adam(), weights)
	if err != nil {
		return Step{}, nil, err
	}
	for name, batch := range map[string][]float32{classify.MovingMean: out.Mean, classify.MovingVariance: out.Variance} {
		if err := s.moveInMemory(name, batch); err != nil {
			return Step{}, nil, err
		}
	}
	return Step{Rows: p.counted, LossSum: out.LossSum, Correct: out.Correct}, out.Slopes, nil
}

// evaluateInKernels is the loss in inference where own kernels train.
func (s *Session) evaluateInKernels(p part) (Step, error) {
	if s.input != FromFeatures {
		body, err := s.bodyInKernels()
		if err != nil {
			return Step{}, err
		}
		if p.x, err = body.infer(p); err != nil {
			return Step{}, err
		}
	}
	head, err := s.headInKernels()
	if err != nil {
		return Step{}, err
	}
	loss, correct, err := head.Evaluate(p.counting(p.x), p.labels[:p.counted])
	return Step{Rows: p.counted, LossSum: loss, Correct: correct}, err
}
