//go:build cgo && amd64

package cpu

// #include "cpu.h"
import "C"

import (
	"math"
	"unsafe"
)

func (d *Dense) shape() *C.pvs_dense_shape {
	return &C.pvs_dense_shape{in: C.int(d.in), out: C.int(d.out), filled: C.int(d.filled)}
}

func (d *Dense) forward(x, kernel, bias []float32, rows, from, to int, y, scratch []float32) {
	C.pvs_dense_forward(C.int(d.lanes), d.shape(), floats(x), C.int(rows), floats(kernel), floats(bias), C.int(from),
		C.int(to), floats(y), floats(scratch))
}

func (d *Dense) softmax(logits []float32, weight float32, labels []int32, losses []RowLoss) {
	each := make([]C.pvs_row_loss, len(losses))
	C.pvs_softmax(C.int(d.lanes), d.shape(), floats(logits), C.int(len(labels)), C.float(weight),
		(*C.int)(unsafe.SliceData(labels)), unsafe.SliceData(each))
	for i, r := range each {
		losses[i] = RowLoss{Correct: r.correct != 0, Loss: math.Log(float64(r.sum)) + float64(r.below_largest)}
	}
}

func (d *Dense) inputGradient(kernel, dy []float32, rows, from, to int, dx []float32) {
	C.pvs_dense_input_gradient(C.int(d.lanes), d.shape(), floats(dy), C.int(rows), floats(kernel), C.int(from), C.int(to),
		floats(dx))
}

func (d *Dense) packDY(dy []float32, rows, from, to int, out, dBias []float32) {
	C.pvs_dense_pack_dy(C.int(d.lanes), d.shape(), floats(dy), C.int(rows), C.int(from), C.int(to), floats(out),
		floats(dBias))
}

func (d *Dense) kernelGradient(x, panels []float32, rows, from, to int, a *Adam, t Trained) {
	C.pvs_dense_kernel_gradient(C.int(d.lanes), d.shape(), floats(x), floats(panels), C.int(rows), C.int(from), C.int(to),
		a.c(), floats(t.Weights), floats(t.M), floats(t.V))
}
