package fit

import (
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/optimize"
)

// backbone is the network of a training step, whose BatchNorms are frozen.
type backbone interface {
	// forward computes the features [batch, features] of images [batch, size, size, 3]; noise is stochastic depth's,
	// [batch, blocks], or nil.
	forward(images, noise, features []float32) error
	// backward computes the gradients of all weights that train, given those of the last forward pass's features.
	backward(ofFeatures []float32, to optimize.Tensors) error
	// load takes changed weights.
	load(values map[string][]float32) error
	close()
}

// trains lists the weights of a backbone that train: all but BatchNorms, and the exponent of pooling if there is one.
func trains(c effnet.Config, values optimize.Tensors) []string {
	var names []string
	for _, v := range c.VariablesOf(values) {
		if !v.Statistic() && !strings.HasSuffix(v.Name, "/gamma") && !strings.HasSuffix(v.Name, "/beta") {
			names = append(names, v.Name)
		}
	}
	return names
}

// fusedBackbone computes in fused CPU kernels.
type fusedBackbone struct {
	*cpu.Training
	config      effnet.Config
	dropConnect float64
}

// newFused makes one on images of size pixels a side, of which the named weights train. Sums are over so many parts of
// a batch, the same ones on any number of cores.
func newFused(c effnet.Config, size int, dropConnect float64, parts int, weights []string) (*fusedBackbone, error) {
	t, err := cpu.NewTraining(c, size, cpu.TrainingOptions{Weights: weights, Parts: parts})
	if err != nil {
		return nil, err
	}
	return &fusedBackbone{t, c, dropConnect}, nil
}

func (f *fusedBackbone) forward(images, noise, features []float32) error {
	var factors []float32
	if noise != nil {
		factors = f.config.BranchFactors(noise, f.dropConnect)
	}
	return f.Forward(images, factors, features)
}

func (f *fusedBackbone) backward(ofFeatures []float32, to optimize.Tensors) error {
	if err := f.Backward(ofFeatures); err != nil {
		return err
	}
	return f.Gradients(to)
}

func (f *fusedBackbone) load(values map[string][]float32) error { return f.Load(values) }

func (f *fusedBackbone) close() { f.Close() }
