package classify

import (
	"math"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Head is a classifier on pooled features.
type Head struct {
	Features, Classes int
}

// The head's weights.
const (
	Gamma          = "new_top_bn/gamma"
	Beta           = "new_top_bn/beta"
	MovingMean     = "new_top_bn/moving_mean"
	MovingVariance = "new_top_bn/moving_variance"
	Kernel         = "new_top/kernel"
	Bias           = "new_top/bias"
)

// Epsilon and Momentum are those of Keras's BatchNormalization layer.
const (
	Epsilon  = 1e-3
	Momentum = 0.99
)

// Variables lists the weights.
func (h Head) Variables() []effnet.Variable {
	return []effnet.Variable{
		{Name: Gamma, Shape: []int{h.Features}}, {Name: Beta, Shape: []int{h.Features}},
		{Name: MovingMean, Shape: []int{h.Features}}, {Name: MovingVariance, Shape: []int{h.Features}},
		{Name: Kernel, Shape: []int{h.Features, h.Classes}}, {Name: Bias, Shape: []int{h.Classes}},
	}
}

// InitialValues are Keras's: the BatchNorm is the identity, the kernel uniform within
// sqrt(6 / (fan-in + fan-out)) (Glorot & Bengio 2010), the bias 0.
func (h Head) InitialValues(seed uint64) map[string][]float32 {
	values := map[string][]float32{}
	for _, v := range h.Variables() {
		values[v.Name] = make([]float32, v.Size())
	}
	for i := range h.Features {
		values[Gamma][i], values[MovingVariance][i] = 1, 1
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	limit := math.Sqrt(6 / float64(h.Features+h.Classes))
	for i := range values[Kernel] {
		values[Kernel][i] = float32(limit * (2*rng.Float64() - 1))
	}
	return values
}
