package finetune

import (
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// frozenFused are the layers in the fused CPU kernels.
type frozenFused struct {
	backbone *cpu.Network
	config   effnet.Config
	drop     float64
	before   string
	row      int // output values of an image
}

func (s *Session) newFrozenFused(values map[string][]float32) (*frozenFused, error) {
	backbone, err := cpu.New(s.config, values, s.opts.Size, s.opts.Inference.Precision)
	if err != nil {
		return nil, err
	}
	f := &frozenFused{backbone: backbone, config: s.config, drop: s.opts.DropConnect, row: 1}
	for _, n := range s.row(s.phase.CachedInput()) {
		f.row *= n
	}
	if s.phase.CachedInput() == FromBlock {
		f.before = lastStage
	}
	return f, nil
}

func (f *frozenFused) run(images []float32, rows int, noise []float32) ([]float32, error) {
	opts := cpu.Options{Before: f.before}
	if noise != nil {
		opts.Factors = f.config.BranchFactors(noise, f.drop)
	}
	out := make([]float32, rows*f.row)
	return out, f.backbone.Run(images, opts, out)
}

func (f *frozenFused) close() { f.backbone.Close() }
