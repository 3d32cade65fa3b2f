//go:build cgo && amd64

package cpu

// #include "cpu.h"
import "C"

// c is its C counterpart, null for nil.
func (a *Adam) c() *C.pvs_adam {
	if a == nil {
		return nil
	}
	return &C.pvs_adam{
		step_size: C.float(a.StepSize), epsilon: C.float(a.Epsilon),
		one_minus_beta1: C.float(a.OneMinusBeta1), one_minus_beta2: C.float(a.OneMinusBeta2),
	}
}

func (a Adam) step(gradients []float32, t Trained, lanes int) {
	C.pvs_adam_step(C.int(lanes), a.c(), floats(gradients), C.long(len(gradients)), floats(t.Weights), floats(t.M),
		floats(t.V))
}
