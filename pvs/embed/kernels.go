package embed

import (
	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// kernelForward is a network in its own kernels, and its heads on a backend.
type kernelForward struct {
	body     *cpu.Network
	before   string     // a block, if what enters it is the output
	pixels   int        // values of an image
	top      *projector // nil without heads
	features []float32  // of a batch
}

func newKernels(backend compute.Backend, n network, values map[string][]float32) (*kernelForward, error) {
	body, err := cpu.New(n.config, values, n.opts.Size, n.opts.Precision)
	if err != nil {
		return nil, err
	}
	k := &kernelForward{body: body, pixels: n.InputLen()}
	if n.opts.Output.block() {
		k.before = string(n.opts.Output)
		return k, nil
	}
	k.features = make([]float32, n.opts.Batch*n.config.Features())
	if k.top, err = newProjector(backend, n.config, values, n.opts.Output, n.opts.Batch); err != nil {
		body.Close()
		return nil, err
	}
	return k, nil
}

func (k *kernelForward) run(batch []float32, count int, vectors []float32) error {
	batch = batch[:count*k.pixels]
	if k.top == nil {
		return k.body.Run(batch, cpu.Options{Before: k.before}, vectors)
	}
	features := k.features[:count*k.top.features]
	if err := k.body.Run(batch, cpu.Options{}, features); err != nil {
		return err
	}
	return k.top.project(features, vectors)
}

func (k *kernelForward) close() {
	k.body.Close()
	if k.top != nil {
		k.top.close()
	}
}
