//go:build !cgo || !amd64

package cpu

import "github.com/gopvs/product-visual-search/pvs/effnet"

const together = 1

const worthKeeping = 0

// Network cannot be made here.
type Network struct {
	lifetime
	config effnet.Config
	size   int
}

func lanes() int { return 0 }

func half() bool { return false }

func newNetwork(effnet.Config, map[string][]float32, int, int, bool) (*Network, error) {
	return nil, errUnsupported
}

func (n *Network) run([]float32, int, int, []float32, []float32) {}

// holding is nothing here.
type holding struct{}

func (*holding) release() {}

// kernels cannot be made either.
type kernels struct {
	held    *holding
	lanes   int
	sums    int
	gathers []gather
	ways    []way
	norms   []*norm
}

func newKernels(effnet.Config, int, int, bool, func(string) bool, int) (*kernels, error) {
	return nil, errUnsupported
}

func (k *kernels) load(map[string][]float32) {}

func (k *kernels) forward(*part, []float32, []float32, []float32, int, int) {}

func (k *kernels) backward(*part, []float32, []float32, []float32, int, int) {}

func (k *kernels) phase(*part, phase, int, int, int, []float32, []float32, []float32, []float32) {}

func (k *kernels) phasesMemory(int) int { return 0 }

func (d *Dense) forward([]float32, []float32, []float32, int, int, int, []float32, []float32) {}

func (d *Dense) softmax([]float32, float32, []int32, []Found) {}

func (d *Dense) back([]float32, []float32, int, int, int, []float32) {}

func (d *Dense) panels([]float32, int, int, int, []float32, []float32) {}

func (d *Dense) slopes([]float32, []float32, int, int, int, *Adam, Trained) {}

func (a Adam) step([]float32, Trained, int) {}

func (p panels) packPanel(int, int, int, []float32, []float32, []float32) {}

func (p panels) unpackPanel(int, int, int, []float32, int, int, []float32, *Adam, Trained) {}
