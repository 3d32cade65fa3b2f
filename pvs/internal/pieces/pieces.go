//go:build cgo && amd64

package pieces

// #cgo CFLAGS: -O3
// #include "../../effnet/cpu/cpu.h"
// #include "dispatch.h"
// static int wide(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"); }
import "C"

import (
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Lanes are the vectors that this processor has: of 8 and of 16 float32, and, as 32, of float16.
func Lanes() []int {
	var all []int
	if cpu.Supports(effnet.Float32) {
		all = append(all, 8)
	}
	if C.wide() != 0 {
		all = append(all, 16)
	}
	if cpu.Supports(effnet.Float16) {
		all = append(all, Half)
	}
	return all
}

// Half is vectors of 32 float16.
const Half = 32

// What follows a convolution.
const (
	Linear = C.pvs_linear
	Swish  = C.pvs_swish
	ReLU6  = C.pvs_relu6
)

func at(x []float32) *C.float { return (*C.float)(unsafe.SliceData(x)) }

// Activate replaces x by its activation and slopes by the derivatives.
func Activate(lanes, act int, x, slopes []float32) {
	switch lanes {
	case Half:
		C.piece_activate_32(C.int(act), at(x), C.int(len(x)), at(slopes))
	case 16:
		C.piece_activate_16(C.int(act), at(x), C.int(len(x)), at(slopes))
	default:
		C.piece_activate_8(C.int(act), at(x), C.int(len(x)), at(slopes))
	}
}

// Product computes y[rows, out] = act(x[rows, in] * w + bias), plus residual unless that is nil; w and bias lie
// in panels as pvs_matrix says.
func Product(lanes int, w, bias []float32, in, out int, x []float32, act int, factor float32, residual, y []float32) {
	C.piece_product(C.int(lanes), at(w), at(bias), C.int(in), C.int(out), at(x), C.int(len(x)/in), C.int(act), C.float(factor), at(residual), at(y))
}

// OntoPanel computes a panel of x[rows, in] * w, with the activation's derivatives unless slopes is nil.
func OntoPanel(lanes, vectors int, w, bias []float32, in int, x []float32, act int, y, slopes []float32) {
	C.piece_onto_panel(C.int(lanes), C.int(vectors), at(w), at(bias), C.int(in), at(x), C.int(len(x)/in), C.int(act), at(y), at(slopes))
}

// AddPanels adds panels of x, each [rows, depth], times the rows of w from the one numbered row on, to y[rows, out].
func AddPanels(lanes int, w []float32, in, out, row, panels int, x []float32, rows, depth int, y []float32) {
	C.piece_add_panels(C.int(lanes), at(w), C.int(in), C.int(out), C.int(row), C.int(panels), at(x), C.int(rows), C.int(depth), at(y))
}

// Cross adds the transpose of x[places, columns] times the panel y to sums[columns, .].
func Cross(lanes, vectors int, x []float32, columns int, y, sums []float32) {
	C.piece_cross(C.int(lanes), C.int(vectors), at(x), C.int(columns), C.int(len(x)/columns), at(y), at(sums))
}

// Widen computes a depthwise convolution of x[count, side, side, channels], activated, and its sums over places.
func Widen(lanes int, w, bias []float32, channels, size, stride int, x []float32, side, act int, out, sums []float32) {
	buffer := make([]float32, C.piece_widen_buffer(C.int(lanes), C.int(channels), C.int(size), C.int(stride), C.int(side)))
	count := len(x) / (side * side * channels)
	C.piece_widen(C.int(lanes), at(w), at(bias), C.int(channels), C.int(size), C.int(stride), at(x), C.int(count), C.int(side), C.int(act), at(out), at(sums), at(buffer))
}

// DepthwiseBack adds the gradients of a panel of weights of a depthwise convolution of x to kernel, and
// multiplies times by those of x or, if that is nil, adds them to plus[side, side, channels].
func DepthwiseBack(lanes, vectors int, w []float32, size, stride int, x []float32, side int, slopes, kernel, times, plus []float32, channels int) {
	room := make([]float32, C.piece_depthwise_back_room(C.int(lanes), C.int(size), C.int(stride), C.int(side)))
	C.piece_depthwise_back(C.int(lanes), C.int(vectors), at(w), C.int(size), C.int(stride), at(x), C.int(side), at(slopes), at(kernel), at(times), at(plus), C.int(channels), at(room))
}

// Average computes mean[channels] of rows of x, apart values apart.
func Average(lanes int, x []float32, rows, apart int, mean []float32) {
	C.piece_average(C.int(lanes), at(x), C.int(rows), C.int(apart), C.int(len(mean)), at(mean))
}

// Scale multiplies the rows of x by gate.
func Scale(lanes int, x, gate []float32) {
	C.piece_scale(C.int(lanes), at(x), C.int(len(x)/len(gate)), C.int(len(gate)), at(gate))
}

// Gate computes squeeze and excite's factors from means[count, wide].
func Gate(lanes, wide, squeezed int, w1, b1, w2, b2, means, gate []float32) {
	count := len(means) / wide
	between := make([]float32, count*squeezed)
	C.piece_gate(C.int(lanes), C.int(wide), C.int(squeezed), at(w1), at(b1), at(w2), at(b2), C.int(count), at(means), at(between), at(gate))
}

// Tally adds x - mean of each channel, and its square, to sums [2, filled].
func Tally(lanes int, x []float32, channels int, mean, sums []float32) {
	C.piece_tally(C.int(lanes), at(x), C.int(len(x)/channels), C.int(channels), at(mean), C.int(len(sums)/2), at(sums))
}

// TallyBack adds slopes of each channel, and slopes times x - mean.
func TallyBack(lanes int, slopes, x []float32, channels int, mean, sums []float32) {
	C.piece_tally_back(C.int(lanes), at(slopes), at(x), C.int(len(x)/channels), C.int(channels), at(mean), C.int(len(sums)/2), at(sums))
}

// Normed writes the activation of x * factor + shift to out and its derivatives to slopes.
func Normed(lanes int, factor, shift []float32, act int, x []float32, channels int, out, slopes []float32) {
	C.piece_normed(C.int(lanes), at(factor), at(shift), C.int(act), at(x), C.int(len(x)/channels), C.int(channels), at(out), at(slopes))
}

// NormedBack writes slopes * back - backMean - (x - mean) * backSlope.
func NormedBack(lanes int, mean, back, backMean, backSlope, slopes, x []float32, channels int, out []float32) {
	C.piece_normed_back(C.int(lanes), at(mean), at(back), at(backMean), at(backSlope), at(slopes), at(x), C.int(len(x)/channels), C.int(channels), at(out))
}

// Dot is the scalar product.
func Dot(lanes int, x, y []float32) float32 {
	return float32(C.piece_dot(C.int(lanes), at(x), at(y), C.int(len(x))))
}

// AddScaled adds factor * x to y.
func AddScaled(lanes int, x []float32, factor float32, y []float32) {
	C.piece_add_scaled(C.int(lanes), at(x), C.int(len(x)), C.float(factor), at(y))
}
