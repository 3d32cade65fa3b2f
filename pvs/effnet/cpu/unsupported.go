//go:build !cgo || !amd64

package cpu

import "github.com/gopvs/product-visual-search/pvs/effnet"

const maxBatch = 1

const minSavedChannels = 0

// Network cannot be made here.
type Network struct {
	lifetime
	config effnet.Config
	size   int
}

func lanes() int { return 0 }

func hasFloat16() bool { return false }

func newNetwork(effnet.Config, map[string][]float32, int, int, bool) (*Network, error) {
	return nil, errUnsupported
}

func (n *Network) run([]float32, int, int, []float32, []float32) {}

// cMemory is nothing here.
type cMemory struct{}

func (*cMemory) release() {}

// trainingNetwork cannot be made either.
type trainingNetwork struct {
	memory        *cMemory
	lanes         int
	sums          int
	packedWeights []packedWeight
	weightPanels  []weightPanel
	batchNorms    []*batchNorm
}

func newTrainingNetwork(effnet.Config, int, int, bool, func(string) bool, int) (*trainingNetwork, error) {
	return nil, errUnsupported
}

func (t *trainingNetwork) load(map[string][]float32) {}

func (t *trainingNetwork) forward(*part, []float32, []float32, []float32, int, int) {}

func (t *trainingNetwork) backward(*part, []float32, []float32, []float32, int, int) {}

func (t *trainingNetwork) phase(*part, phase, int, int, int, []float32, []float32, []float32, []float32) {
}

func (t *trainingNetwork) phasesScratch(int) int { return 0 }

func (d *Dense) forward([]float32, []float32, []float32, int, int, int, []float32, []float32) {}

func (d *Dense) softmax([]float32, float32, []int32, []RowLoss) {}

func (d *Dense) inputGradient([]float32, []float32, int, int, int, []float32) {}

func (d *Dense) packDY([]float32, int, int, int, []float32, []float32) {}

func (d *Dense) kernelGradient([]float32, []float32, int, int, int, *Adam, Trained) {}

func (a Adam) step([]float32, Trained, int) {}

func (p panels) packPanel(int, int, int, []float32, []float32, []float32) {}

func (p panels) unpackPanel(int, int, int, []float32, int, int, []float32, *Adam, Trained) {}
