//go:build cgo && amd64

package native

// #include "native.h"
import "C"

func (d *Dense) layer() *C.pvs_layer {
	return &C.pvs_layer{in: C.int(d.in), out: C.int(d.out), filled: C.int(d.filled)}
}

func (d *Dense) forward(x, kernel, bias []float32, rows, from, to int, y, scratch []float32) {
	C.pvs_dense_layer(C.int(d.lanes), d.layer(), floats(x), C.int(rows), floats(kernel), floats(bias), C.int(from), C.int(to), floats(y), floats(scratch))
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

func (p panels) panel(width, columns int) *C.pvs_panel {
	c := &C.pvs_panel{rows: C.int(p.rows), columns: C.int(columns), width: C.int(width), apart: C.int(p.apart())}
	if p.transposed {
		c.transposed = 1
	}
	return c
}

func (p panels) packPanel(width, columns int, weights, factor, to []float32) {
	C.pvs_pack_panel(C.int(lanes()), p.panel(width, columns), floats(weights), floats(factor), floats(to))
}

func (p panels) unpackPanel(width, columns int, sums []float32, parts, apart int, factor []float32, a *Adam, t Trained) {
	C.pvs_unpack_panel(C.int(lanes()), p.panel(width, columns), floats(sums), C.int(parts), C.long(apart), floats(factor), a.c(), floats(t.Weights), floats(t.M), floats(t.V))
}

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
