//go:build cgo && amd64

package cpu

// #include "cpu.h"
import "C"

func (p panels) panel(width, columns int) *C.pvs_panel {
	c := &C.pvs_panel{rows: C.int(p.rows), columns: C.int(columns), width: C.int(width), stride: C.int(p.stride())}
	if p.transposed {
		c.transposed = 1
	}
	return c
}

func (p panels) packPanel(lanes, width, columns int, weights, factor, to []float32) {
	C.pvs_pack_panel(C.int(lanes), p.panel(width, columns), floats(weights), floats(factor), floats(to))
}

func (p panels) unpackPanel(lanes, width, columns int, sums []float32, parts, partStride int, factor []float32,
	a *Adam, t Trained) {
	C.pvs_unpack_panel(C.int(lanes), p.panel(width, columns), floats(sums), C.int(parts), C.long(partStride),
		floats(factor), a.c(), floats(t.Weights), floats(t.M), floats(t.V))
}
