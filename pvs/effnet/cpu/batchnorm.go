package cpu

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// batchNorm is a BatchNorm in training mode. C reads its float32 vectors.
type batchNorm struct {
	name      string
	channels  int
	positions int // of an image, over which it normalises
	filled    int // channels padded to whole vectors

	mean, scale, shift          []float32 // forward: y = scale * x + shift
	initialMean                 []float32 // the moving mean: mean before the batch's is known
	dyFactor, dxOffset, xFactor []float32 // backward: dx = dyFactor * dy - dxOffset - xFactor * (x - mean)

	gamma, beta, inverse []float64 // 1/sqrt(variance+epsilon)
	batchMean, unbiased  []float32 // of the batch, for the moving statistics
	dGamma, dBeta        []float32 // sums of gradients; nil for one that does not train
	count                float64   // of the batch's values of a channel
}

// load takes the weights. The partial sums are those of x - moving mean: it is near the batch's, so that they lose
// few digits. Each forward pass begins with it, whatever the pass before computed.
func (n *batchNorm) load(values map[string][]float32) {
	if n == nil { // of a block without an expansion
		return
	}
	copy(n.initialMean, values[n.name+"/moving_mean"])
	for c := range n.channels {
		n.gamma[c] = float64(values[n.name+"/gamma"][c])
		n.beta[c] = float64(values[n.name+"/beta"][c])
	}
}

// total adds up the two partial sums of a channel over all parts.
func (n *batchNorm) total(parts []part, c int) (sum, other float64) {
	for _, p := range parts {
		sum += float64(p.partialSums[c])
		other += float64(p.partialSums[n.filled+c])
	}
	return sum, other
}

// setForward computes the batch's statistics, scale and shift from the partial sums of x - mean and of its square.
func (n *batchNorm) setForward(parts []part, images int) {
	n.count = float64(images * n.positions)
	for c := range n.channels {
		sum, squares := n.total(parts, c)
		shift := sum / n.count
		mean, variance := float64(n.mean[c])+shift, max(0, squares/n.count-shift*shift)
		n.inverse[c] = 1 / math.Sqrt(variance+effnet.Epsilon)
		scale := n.gamma[c] * n.inverse[c]
		n.mean[c], n.scale[c], n.shift[c] = float32(mean), float32(scale), float32(n.beta[c]-mean*scale)
		n.batchMean[c], n.unbiased[c] = float32(mean), float32(variance*n.count/max(n.count-1, 1))
	}
}

// setBackward computes what the backward pass multiplies by, and adds the gradients of gamma and beta, from the
// partial sums of dy and of dy * (x - mean) (Ioffe & Szegedy 2015, section 3).
func (n *batchNorm) setBackward(parts []part) {
	for c := range n.channels {
		sum, products := n.total(parts, c)
		factor := n.gamma[c] * n.inverse[c]
		if n.dBeta != nil {
			n.dBeta[c] += float32(sum)
		}
		if n.dGamma != nil {
			n.dGamma[c] += float32(products * n.inverse[c])
		}
		n.dyFactor[c] = float32(factor)
		n.dxOffset[c] = float32(factor * sum / n.count)
		n.xFactor[c] = float32(factor * n.inverse[c] * n.inverse[c] * products / n.count)
	}
}

// gradients are the sums of the gradients of its weights that train, by name.
func (n *batchNorm) gradients() map[string][]float32 {
	sums := map[string][]float32{}
	if n == nil {
		return sums
	}
	for name, gradient := range map[string][]float32{"/gamma": n.dGamma, "/beta": n.dBeta} {
		if gradient != nil {
			sums[n.name+name] = gradient
		}
	}
	return sums
}
