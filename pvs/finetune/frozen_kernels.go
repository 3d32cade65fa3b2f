package finetune

import (
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// frozenKernels are the layers in the network's own kernels.
type frozenKernels struct {
	body   *cpu.Network
	config effnet.Config
	drop   float64
	before string
	row    int // values that an image gives
}

func (s *Session) newFrozenKernels(values map[string][]float32) (*frozenKernels, error) {
	body, err := cpu.New(s.config, values, s.opts.Size, s.opts.Inference.Precision)
	if err != nil {
		return nil, err
	}
	f := &frozenKernels{body: body, config: s.config, drop: s.opts.DropConnect, row: 1}
	for _, n := range s.row(s.phase.CachedInput()) {
		f.row *= n
	}
	if s.phase.CachedInput() == FromBlock {
		f.before = lastStage
	}
	return f, nil
}

func (f *frozenKernels) run(images []float32, rows int, noise []float32) ([]float32, error) {
	opts := cpu.Options{Before: f.before}
	if noise != nil {
		opts.Factors = f.config.BranchFactors(noise, f.drop)
	}
	out := make([]float32, rows*f.row)
	return out, f.body.Run(images, opts, out)
}

func (f *frozenKernels) close() { f.body.Close() }
