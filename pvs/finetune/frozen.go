package finetune

import "github.com/gopvs/product-visual-search/pvs/engine"

// frozen is the layers before the first one that trains, which run separately from the step: in
// the fused CPU kernels or as a graph for inference, which takes the weights as constants.
type frozen interface {
	// run computes their output for images; noise is of stochastic depth, [rows, blocks],
	// or nil.
	run(images []float32, rows int, noise []float32) ([]float32, error)
	close()
}

// separate says whether a step's frozen layers run separately from those that train.
func (s *Session) separate() bool {
	return !s.opts.Inference.IsZero() && s.input == FromImages && s.phase.CachedInput() != FromImages
}

// newFrozen builds the frozen part of the phase with the weights as they are.
func (s *Session) newFrozen() (frozen, error) {
	values, err := s.Values()
	if err != nil {
		return nil, err
	}
	if s.opts.Inference.Kind == engine.FusedCPU {
		return s.newFrozenFused(values)
	}
	return s.newFrozenGraph(values)
}

// throughFrozen replaces a batch's images by the output of the frozen layers, with the
// noise of stochastic depth that the step would have drawn.
func (s *Session) throughFrozen(b Batch) (Batch, error) {
	if s.frozen == nil {
		f, err := s.newFrozen()
		if err != nil {
			return b, err
		}
		s.frozen = f
	}
	rows := len(b.Labels)
	var noise []float32
	if s.opts.DropConnect > 0 {
		_, noise = s.noise(b, rows)
	}
	var err error
	b.Inputs, err = s.frozen.run(b.Inputs, rows, noise)
	return b, err
}
