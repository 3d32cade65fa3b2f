//go:build cgo && amd64

package cpu

// #include "cpu.h"
import "C"

// c is what C knows it as; nil: null.
func (a *Adam) c() *C.pvs_adam {
	if a == nil {
		return nil
	}
	return &C.pvs_adam{rate: C.float(a.Rate), mean: C.float(a.Mean), square: C.float(a.Square), epsilon: C.float(a.Epsilon)}
}

func (a Adam) step(gradients []float32, t Trained, lanes int) {
	C.pvs_adam_step(C.int(lanes), a.c(), floats(gradients), C.long(len(gradients)), floats(t.Weights), floats(t.M), floats(t.V))
}
