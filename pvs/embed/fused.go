package embed

import "github.com/gopvs/product-visual-search/pvs/effnet/cpu"

// fusedForward is a backbone in the fused CPU kernels, and its heads as a graph on the backend.
type fusedForward struct {
	backbone *cpu.Network
	before   string     // a block, if what enters it is the output
	pixels   int        // values of an image
	top      *projector // nil without heads
	features []float32  // of a batch
}

func newFused(n *network, values map[string][]float32) (*fusedForward, error) {
	backbone, err := cpu.New(n.config, values, n.opts.Size, n.engine.Precision)
	if err != nil {
		return nil, err
	}
	f := &fusedForward{backbone: backbone, pixels: n.InputLen()}
	if n.opts.Output.block() {
		f.before = string(n.opts.Output)
		return f, nil
	}
	f.features = make([]float32, n.opts.Batch*n.config.Features())
	if f.top, err = newProjector(n.engine.Backend, n.config, values, n.opts.Output, n.opts.Batch); err != nil {
		backbone.Close()
		return nil, err
	}
	return f, nil
}

// run computes the count images of a batch that are photos, however many.
func (f *fusedForward) run(batch []float32, count int, vectors []float32) error {
	batch = batch[:count*f.pixels]
	if f.top == nil {
		return f.backbone.Run(batch, cpu.Options{Before: f.before}, vectors)
	}
	features := f.features[:count*f.top.features]
	if err := f.backbone.Run(batch, cpu.Options{}, features); err != nil {
		return err
	}
	return f.top.project(features, vectors)
}

func (f *fusedForward) close() {
	f.backbone.Close()
	if f.top != nil {
		f.top.close()
	}
}
