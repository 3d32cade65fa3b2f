package effnet

import (
	"math"
	"math/rand/v2"
	"strings"
)

// InitialValues returns the values that Keras starts an untrained network with:
// kernels from a truncated normal of variance 2 / fan-out (CONV_KERNEL_INITIALIZER
// of keras/applications/efficientnet.py), biases 0, BatchNorms the identity. The
// same seed gives the same values.
func (c Config) InitialValues(seed uint64) map[string][]float32 {
	rng := rand.New(rand.NewPCG(seed, 0))
	values := make(map[string][]float32)
	for _, v := range c.Variables() {
		data := make([]float32, v.Size())
		switch {
		case strings.HasSuffix(v.Name, "kernel"):
			fanOut := v.Shape[0] * v.Shape[1] * v.Shape[3]
			// 0.8796 is the standard deviation of a standard normal truncated at 2.
			deviation := math.Sqrt(2/float64(fanOut)) / 0.87962566103423978
			for i := range data {
				data[i] = float32(truncatedNormal(rng) * deviation)
			}
		case strings.HasSuffix(v.Name, "/gamma"), strings.HasSuffix(v.Name, "/moving_variance"):
			for i := range data {
				data[i] = 1
			}
		}
		values[v.Name] = data
	}
	return values
}

// truncatedNormal draws from a standard normal truncated at 2.
func truncatedNormal(rng *rand.Rand) float64 {
	for {
		if x := rng.NormFloat64(); math.Abs(x) <= 2 {
			return x
		}
	}
}
