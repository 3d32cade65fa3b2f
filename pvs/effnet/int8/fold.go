package int8

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// norm is a BatchNorm's factor and offset by channel.
type norm struct{ factor, offset []float64 }

func (b *builder) norm(layer string) norm {
	factor, offset := effnet.BatchNormOf(b.values, layer)
	return norm{factor, offset}
}

// folded is a convolution with its BatchNorm in it: weights [out, in, positions], ONNX's layout.
type folded struct {
	weights, bias []float64
	out           int
}

// fold takes a kernel in Keras's layout, [positions, in, out], or [positions, out] of a
// depthwise one, where in is 1.
func fold(kernel []float32, positions, in, out int, n norm) folded {
	f := folded{weights: make([]float64, len(kernel)), bias: n.offset, out: out}
	for p := range positions {
		for i := range in {
			for o := range out {
				f.weights[(o*in+i)*positions+p] = float64(kernel[(p*in+i)*out+o]) * n.factor[o]
			}
		}
	}
	return f
}

// quantize takes for each output channel the scale at which its largest weight is limit, and
// the bias in steps of the product.
func (f folded) quantize(step, limit float64) (weights []int8, scales []float32, bias []int32) {
	each := len(f.weights) / f.out
	weights, scales, bias = make([]int8, len(f.weights)), make([]float32, f.out), make([]int32, f.out)
	for o := range f.out {
		var largest float64
		for _, w := range f.weights[o*each : (o+1)*each] {
			largest = max(largest, math.Abs(w))
		}
		scale := max(largest/limit, 1e-12)
		for i, w := range f.weights[o*each : (o+1)*each] {
			weights[o*each+i] = int8(math.Round(w / scale))
		}
		scales[o] = float32(scale)
		bias[o] = int32(max(math.MinInt32, min(math.MaxInt32, math.Round(f.bias[o]/(scale*step)))))
	}
	return weights, scales, bias
}
