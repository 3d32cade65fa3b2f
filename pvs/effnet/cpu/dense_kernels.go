//go:build cgo && amd64

package cpu

// #include "cpu.h"
import "C"

import (
	"math"
	"unsafe"
)

func (d *Dense) layer() *C.pvs_layer {
	return &C.pvs_layer{in: C.int(d.in), out: C.int(d.out), filled: C.int(d.filled)}
}

func (d *Dense) forward(x, kernel, bias []float32, rows, from, to int, y, scratch []float32) {
	C.pvs_dense_layer(C.int(d.lanes), d.layer(), floats(x), C.int(rows), floats(kernel), floats(bias), C.int(from), C.int(to), floats(y), floats(scratch))
}

func (d *Dense) softmax(logits []float32, counts float32, labels []int32, found []Found) {
	each := make([]C.pvs_found, len(found))
	C.pvs_softmax(C.int(d.lanes), d.layer(), floats(logits), C.int(len(labels)), C.float(counts), (*C.int)(unsafe.SliceData(labels)), unsafe.SliceData(each))
	for i, f := range each {
		found[i] = Found{Is: f.is != 0, Loss: math.Log(float64(f.sum)) + float64(f.behind)}
	}
}

func (d *Dense) back(kernel, dy []float32, rows, from, to int, dx []float32) {
	C.pvs_dense_back(C.int(d.lanes), d.layer(), floats(dy), C.int(rows), floats(kernel), C.int(from), C.int(to), floats(dx))
}

func (d *Dense) panels(dy []float32, rows, from, to int, out, dBias []float32) {
	C.pvs_dense_panels(C.int(d.lanes), d.layer(), floats(dy), C.int(rows), C.int(from), C.int(to), floats(out), floats(dBias))
}

func (d *Dense) slopes(x, panels []float32, rows, from, to int, a *Adam, t Trained) {
	C.pvs_dense_slopes(C.int(d.lanes), d.layer(), floats(x), floats(panels), C.int(rows), C.int(from), C.int(to), a.c(), floats(t.Weights), floats(t.M), floats(t.V))
}
