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

func (d *Dense) slopes(x, panels []float32, rows, from, to int, dKernel []float32) {
	C.pvs_dense_slopes(C.int(d.lanes), d.layer(), floats(x), floats(panels), C.int(rows), C.int(from), C.int(to), floats(dKernel))
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

func (p panels) unpackPanel(width, columns int, sums, factor []float32, add bool, to []float32) {
	more := C.int(0)
	if add {
		more = 1
	}
	C.pvs_unpack_panel(C.int(lanes()), p.panel(width, columns), floats(sums), floats(factor), more, floats(to))
}

// step takes a step of Adam for vectors of so many lanes.
func (a Adam) step(t Trained, lanes int) {
	how := C.pvs_adam{rate: C.float(a.Rate), mean: C.float(a.Mean), square: C.float(a.Square), epsilon: C.float(a.Epsilon)}
	C.pvs_adam_step(C.int(lanes), &how, floats(t.Gradients), C.long(len(t.Weights)), floats(t.M), floats(t.V), floats(t.Weights))
}
