//go:build cgo && amd64

package pieces

// #cgo CFLAGS: -O3
// #include "../../effnet/cpu/cpu.h"
// #include "dispatch.h"
// static int avx512(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"); }
import "C"

import (
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Lanes are the vectors that this processor has: of 8 and of 16 float32 and, as 32, of float16.
func Lanes() []int {
	var all []int
	if cpu.Supports(effnet.Float32) {
		all = append(all, 8)
	}
	if C.avx512() != 0 {
		all = append(all, 16)
	}
	if cpu.Supports(effnet.Float16) {
		all = append(all, Float16)
	}
	return all
}

// Float16 is the lanes of float16 vectors.
const Float16 = 32

// The activation that follows a convolution.
const (
	Linear = C.pvs_linear
	Swish  = C.pvs_swish
	ReLU6  = C.pvs_relu6
)

func at(x []float32) *C.float { return (*C.float)(unsafe.SliceData(x)) }

// Activate replaces x by its activation, and writes the activation's derivatives.
func Activate(lanes, act int, x, derivatives []float32) {
	switch lanes {
	case Float16:
		C.piece_activate_32(C.int(act), at(x), C.int(len(x)), at(derivatives))
	case 16:
		C.piece_activate_16(C.int(act), at(x), C.int(len(x)), at(derivatives))
	default:
		C.piece_activate_8(C.int(act), at(x), C.int(len(x)), at(derivatives))
	}
}

// MatrixProduct computes y[rows, out] = act(x[rows, in] * w + bias), or factor * (x * w + bias) + residual unless
// that is nil. W and bias are in the matrix layout of cpu.h.
func MatrixProduct(lanes int, w, bias []float32, in, out int, x []float32, act int, factor float32, residual,
	y []float32) {
	C.piece_matrix_product(C.int(lanes), at(w), at(bias), C.int(in), C.int(out), at(x), C.int(len(x)/in), C.int(act),
		C.float(factor), at(residual), at(y))
}

// PointwisePanel computes a panel of act(x[rows, in] * w + bias), and the activation's derivatives unless derivatives
// is nil.
func PointwisePanel(lanes, vectors int, w, bias []float32, in int, x []float32, act int, y, derivatives []float32) {
	C.piece_pointwise_panel(C.int(lanes), C.int(vectors), at(w), at(bias), C.int(in), at(x), C.int(len(x)/in), C.int(act),
		at(y), at(derivatives))
}

// AddPanelProducts adds the products of panels of x, each [rows, depth], with the rows of w from index row on to
// y[rows, out].
func AddPanelProducts(lanes int, w []float32, in, out, row, panels int, x []float32, rows, depth int, y []float32) {
	C.piece_add_panel_products(C.int(lanes), at(w), C.int(in), C.int(out), C.int(row), C.int(panels), at(x), C.int(rows),
		C.int(depth), at(y))
}

// AddWeightGradient adds transpose(x[positions, columns]) * dy, a panel, to sums[columns, .].
func AddWeightGradient(lanes, vectors int, x []float32, columns int, dy, sums []float32) {
	C.piece_add_weight_gradient(C.int(lanes), C.int(vectors), at(x), C.int(columns), C.int(len(x)/columns), at(dy),
		at(sums))
}

// ExpandDepthwise computes a depthwise convolution of x[count, side, side, channels], activated, and its sums over
// positions.
func ExpandDepthwise(lanes int, w, bias []float32, channels, size, stride int, x []float32, side, act int, out,
	sums []float32) {
	buffer := make([]float32, C.piece_expand_depthwise_scratch(C.int(lanes), C.int(channels), C.int(size), C.int(stride),
		C.int(side)))
	count := len(x) / (side * side * channels)
	C.piece_expand_depthwise(C.int(lanes), at(w), at(bias), C.int(channels), C.int(size), C.int(stride), at(x),
		C.int(count), C.int(side), C.int(act), at(out), at(sums), at(buffer))
}

// DepthwiseBackward adds the gradient of a panel of a depthwise kernel to kernel, and multiplies multiply by that of
// x or, if multiply is nil, adds it to add[side, side, channels].
func DepthwiseBackward(lanes, vectors int, w []float32, size, stride int, x []float32, side int, dy, kernel, multiply,
	add []float32, channels int) {
	scratch := make([]float32, C.piece_depthwise_backward_scratch(C.int(lanes), C.int(size), C.int(stride), C.int(side)))
	C.piece_depthwise_backward(C.int(lanes), C.int(vectors), at(w), C.int(size), C.int(stride), at(x), C.int(side),
		at(dy), at(kernel), at(multiply), at(add), C.int(channels), at(scratch))
}

// Average computes mean[channels] of the rows of x, stride values from one to the next.
func Average(lanes int, x []float32, rows, stride int, mean []float32) {
	C.piece_average(C.int(lanes), at(x), C.int(rows), C.int(stride), C.int(len(mean)), at(mean))
}

// Scale multiplies the rows of x by gate.
func Scale(lanes int, x, gate []float32) {
	C.piece_scale(C.int(lanes), at(x), C.int(len(x)/len(gate)), C.int(len(gate)), at(gate))
}

// Gate computes the gate of squeeze and excite from means[count, expanded].
func Gate(lanes, expanded, squeezed int, w1, b1, w2, b2, means, gate []float32) {
	count := len(means) / expanded
	between := make([]float32, count*squeezed)
	C.piece_gate(C.int(lanes), C.int(expanded), C.int(squeezed), at(w1), at(b1), at(w2), at(b2), C.int(count), at(means),
		at(between), at(gate))
}

// BatchNormSums adds x - mean of each channel, and its square, to sums [2, filled].
func BatchNormSums(lanes int, x []float32, channels int, mean, sums []float32) {
	C.piece_batchnorm_sums(C.int(lanes), at(x), C.int(len(x)/channels), C.int(channels), at(mean), C.int(len(sums)/2),
		at(sums))
}

// BatchNormBackwardSums adds dy of each channel, and dy * (x - mean).
func BatchNormBackwardSums(lanes int, dy, x []float32, channels int, mean, sums []float32) {
	C.piece_batchnorm_backward_sums(C.int(lanes), at(dy), at(x), C.int(len(x)/channels), C.int(channels), at(mean),
		C.int(len(sums)/2), at(sums))
}

// BatchNormActivate writes the activation of x * factor + shift to out, and its derivatives.
func BatchNormActivate(lanes int, factor, shift []float32, act int, x []float32, channels int, out,
	derivatives []float32) {
	C.piece_batchnorm_activate(C.int(lanes), at(factor), at(shift), C.int(act), at(x), C.int(len(x)/channels),
		C.int(channels), at(out), at(derivatives))
}

// BatchNormInputGradient writes dyFactor * dy - dxOffset - xFactor * (x - mean).
func BatchNormInputGradient(lanes int, mean, dyFactor, dxOffset, xFactor, dy, x []float32, channels int,
	out []float32) {
	C.piece_batchnorm_input_gradient(C.int(lanes), at(mean), at(dyFactor), at(dxOffset), at(xFactor), at(dy), at(x),
		C.int(len(x)/channels), C.int(channels), at(out))
}

// Dot is the inner product.
func Dot(lanes int, x, y []float32) float32 {
	return float32(C.piece_dot(C.int(lanes), at(x), at(y), C.int(len(x))))
}

// AddScaled adds factor * x to y.
func AddScaled(lanes int, x []float32, factor float32, y []float32) {
	C.piece_add_scaled(C.int(lanes), at(x), C.int(len(x)), C.float(factor), at(y))
}
