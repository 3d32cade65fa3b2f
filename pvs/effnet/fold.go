package effnet

import "math"

// BatchNormOf returns a frozen BatchNorm, which normalises with its moving statistics, as a factor and an offset for
// each channel: to fold it, multiply the convolution before it by the factor and use the offset as its bias.
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
