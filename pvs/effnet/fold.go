package effnet

import "math"

// BatchNormOf returns the factor and the offset that a BatchNorm with its running statistics
// has for each channel: what a convolution before it can be multiplied by and biased with.
func BatchNormOf(values map[string][]float32, layer string) (factor, offset []float64) {
	gamma, beta := values[layer+"/gamma"], values[layer+"/beta"]
	mean, variance := values[layer+"/moving_mean"], values[layer+"/moving_variance"]
	factor, offset = make([]float64, len(gamma)), make([]float64, len(gamma))
	for c := range gamma {
		factor[c] = float64(gamma[c]) / math.Sqrt(float64(variance[c])+Epsilon)
		offset[c] = float64(beta[c]) - float64(mean[c])*factor[c]
	}
	return factor, offset
}
