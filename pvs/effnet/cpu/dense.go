package cpu

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Dense is a dense layer that trains: x [rows, in] times a kernel [in, out], plus a bias [out]. It is
// not for concurrent use. It holds nothing outside of Go's memory.
type Dense struct {
	in, out, filled, lanes int
	scratch                [][]float32 // two vectors of columns for each part of the work
	dy                     []float32   // in panels
}

// NewDense makes room for a layer. What enters it is a multiple of 8 values.
func NewDense(in, out int) (*Dense, error) {
	n := lanes()
	if n == 0 {
		return nil, errUnsupported
	}
	return newDense(in, out, n)
}

func newDense(in, out, lanes int) (*Dense, error) {
	if in < 8 || in%8 != 0 || out < 1 {
		return nil, fmt.Errorf("a dense layer in own kernels takes a multiple of 8 values to at least one, not %d to %d", in, out)
	}
	d := &Dense{in: in, out: out, filled: vectors(out, lanes), lanes: lanes}
	d.scratch = make([][]float32, 2*runtime.GOMAXPROCS(0))
	for i := range d.scratch {
		d.scratch[i] = make([]float32, in*2*lanes)
	}
	return d, nil
}

// Width is how many values a row has of what the layer gives: out, filled up to whole vectors.
func (d *Dense) Width() int { return d.filled }

// length is a slice, and how many values it should have.
type length struct {
	what      string
	got, want int
}

// check says which slice has not as many values as it should have.
func (d *Dense) check(all ...length) error {
	for _, l := range all {
		if l.got != l.want {
			return fmt.Errorf("a dense layer of %d to %d values takes %d of %s, not %d", d.in, d.out, l.want, l.what, l.got)
		}
	}
	return nil
}

// Forward computes y [rows, Width()] of x [rows, in], with zeros where it is filled up. Slices of other
// lengths are an error.
func (d *Dense) Forward(x, kernel, bias, y []float32) error {
	rows := len(x) / d.in
	err := d.check(length{"what enters", len(x), rows * d.in}, length{"the kernel", len(kernel), d.in * d.out},
		length{"the bias", len(bias), d.out}, length{"what it gives", len(y), rows * d.filled})
	if err != nil {
		return err
	}
	d.columns(d.filled, 2*d.lanes, func(from, to int, scratch []float32) {
		d.forward(x, kernel, bias, rows, from, to, y, scratch)
	})
	return nil
}

// Found is what a row's softmax gives: whether its label is the most probable class, and the
// cross-entropy, NaN if a logit is no number.
type Found struct {
	Is   bool
	Loss float64
}

// Softmax replaces logits [rows, Width()], what the layer gave, by how the rows' mean cross-entropy falls with
// them. Labels [rows] are from 0 to out-1; others, and other lengths, are an error.
func (d *Dense) Softmax(logits []float32, labels []int32) ([]Found, error) {
	if err := d.check(length{"logits", len(logits), len(labels) * d.filled}); err != nil {
		return nil, err
	}
	for i, label := range labels {
		if label < 0 || int(label) >= d.out {
			return nil, fmt.Errorf("row %d has class %d; a dense layer of %d to %d values has those from 0 to %d", i, label, d.in, d.out, d.out-1)
		}
	}
	found := make([]Found, len(labels))
	cores.Ranges(len(labels), runtime.GOMAXPROCS(0), func(_, from, to int) {
		d.softmax(logits[from*d.filled:to*d.filled], 1/float32(len(labels)), labels[from:to], found[from:to])
	})
	return found, nil
}

// Backward computes how a loss falls with what entered, dx [rows, in], and with the bias, dBias [out],
// given that with what the layer gave for x, dy [rows, Width()], zeros where it is filled up. The
// kernel takes a step of Adam with its gradient; without one its gradient is written there. Slices of
// other lengths are an error, which changes nothing.
func (d *Dense) Backward(x, kernel, dy, dx, dBias []float32, a *Adam, to Trained) error {
	rows := len(x) / d.in
	err := d.check(length{"what entered", len(x), rows * d.in}, length{"the kernel", len(kernel), d.in * d.out},
		length{"gradients of what it gave", len(dy), rows * d.filled}, length{"gradients of what entered", len(dx), len(x)},
		length{"gradients of the bias", len(dBias), d.out})
	if err != nil {
		return err
	}
	if size := d.in * d.out; !to.Fits(size, a != nil) {
		return fmt.Errorf("a dense layer of %d to %d values has %d gradients of its kernel, not those of %d weights with %d and %d moments", d.in, d.out, size, len(to.Weights), len(to.M), len(to.V))
	}
	d.dy = slices.Grow(d.dy[:0], len(dy))[:len(dy)]
	d.columns(d.filled, 2*d.lanes, func(from, to int, _ []float32) { d.panels(dy, rows, from, to, d.dy, dBias) })
	d.columns(d.in, 8, func(first, last int, _ []float32) { // a step changes no other rows of the kernel
		d.back(kernel, dy, rows, first, last, dx)
		d.slopes(x, d.dy, rows, first, last, a, to)
	})
	return nil
}

// columns shares columns among all cores, so many at a time.
func (d *Dense) columns(n, each int, f func(from, to int, scratch []float32)) {
	all := (n + each - 1) / each
	cores.Ranges(all, len(d.scratch), func(part, from, to int) { f(from*each, min(n, to*each), d.scratch[part]) })
}
