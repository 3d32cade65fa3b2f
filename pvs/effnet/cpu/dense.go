package cpu

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Dense is a dense layer in training: x [rows, in] times a kernel [in, out], plus a bias [out], and softmax with its
// loss. It is not for concurrent use, and needs no Close.
type Dense struct {
	in, out, filled, lanes int
	scratch                [][]float32 // a panel of the kernel for each part of the work
	dy                     []float32   // packed in panels
}

// NewDense makes a layer. In is a multiple of 8. An error says where the CPU engine does not run.
func NewDense(in, out int) (*Dense, error) {
	n := lanes()
	if n == 0 {
		return nil, errUnsupported
	}
	return newDense(in, out, n)
}

func newDense(in, out, lanes int) (*Dense, error) {
	if in < 8 || in%8 != 0 || out < 1 {
		return nil, fmt.Errorf("a dense layer takes a multiple of 8 values to at least one, not %d to %d", in, out)
	}
	d := &Dense{in: in, out: out, filled: vectors(out, lanes), lanes: lanes}
	d.scratch = make([][]float32, 2*runtime.GOMAXPROCS(0))
	for i := range d.scratch {
		d.scratch[i] = make([]float32, in*2*lanes)
	}
	return d, nil
}

// Width is how many values an output row has: out, padded to whole vectors.
func (d *Dense) Width() int { return d.filled }

// length is the length of a slice, and what it should be.
type length struct {
	what      string
	got, want int
}

// check returns an error that names the first slice of another length.
func (d *Dense) check(all ...length) error {
	for _, l := range all {
		if l.got != l.want {
			return fmt.Errorf("a dense layer of %d to %d values takes %d of %s, not %d", d.in, d.out, l.want, l.what, l.got)
		}
	}
	return nil
}

// Forward computes y [rows, Width()] of x [rows, in], with zeros as padding. Slices of other lengths
// are an error.
func (d *Dense) Forward(x, kernel, bias, y []float32) error {
	rows := len(x) / d.in
	err := d.check(length{"the input", len(x), rows * d.in}, length{"the kernel", len(kernel), d.in * d.out},
		length{"the bias", len(bias), d.out}, length{"the output", len(y), rows * d.filled})
	if err != nil {
		return err
	}
	d.columns(d.filled, 2*d.lanes, func(from, to int, scratch []float32) {
		d.forward(x, kernel, bias, rows, from, to, y, scratch)
	})
	return nil
}

// RowLoss is a row's prediction and loss: whether its label has the largest logit (the first of equal ones), and the
// cross-entropy. If a logit is NaN, so is the loss, and the prediction is not correct.
type RowLoss struct {
	Correct bool
	Loss    float64
}

// Softmax replaces logits [rows, Width()], the layer's output, by the gradient of the rows' mean cross-entropy.
// Labels [rows] are from 0 to out-1; others, and other lengths, are an error.
func (d *Dense) Softmax(logits []float32, labels []int32) ([]RowLoss, error) {
	if err := d.check(length{"logits", len(logits), len(labels) * d.filled}); err != nil {
		return nil, err
	}
	for i, label := range labels {
		if label < 0 || int(label) >= d.out {
			return nil, fmt.Errorf("row %d has class %d; a dense layer of %d to %d values has those from 0 to %d",
				i, label, d.in, d.out, d.out-1)
		}
	}
	losses := make([]RowLoss, len(labels))
	cores.Ranges(len(labels), runtime.GOMAXPROCS(0), func(_, from, to int) {
		d.softmax(logits[from*d.filled:to*d.filled], 1/float32(len(labels)), labels[from:to], losses[from:to])
	})
	return losses, nil
}

// Backward computes the gradients of the input, dx [rows, in], and of the bias, dBias [out], given that of the output
// for x, dy [rows, Width()], zeros as padding. The kernel takes a step of Adam with its gradient; if a
// is nil its gradient is written to to.Weights. Slices of other lengths are an error, which changes nothing.
func (d *Dense) Backward(x, kernel, dy, dx, dBias []float32, a *Adam, to Trained) error {
	rows := len(x) / d.in
	err := d.check(length{"the input", len(x), rows * d.in}, length{"the kernel", len(kernel), d.in * d.out},
		length{"gradients of the output", len(dy), rows * d.filled}, length{"gradients of the input", len(dx), len(x)},
		length{"gradients of the bias", len(dBias), d.out})
	if err != nil {
		return err
	}
	if size := d.in * d.out; !to.Fits(size, a != nil) {
		return fmt.Errorf("a dense layer of %d to %d values has %d gradients of its kernel, "+
			"not those of %d weights with %d and %d moments", d.in, d.out, size, len(to.Weights), len(to.M), len(to.V))
	}
	d.dy = slices.Grow(d.dy[:0], len(dy))[:len(dy)]
	d.columns(d.filled, 2*d.lanes, func(from, to int, _ []float32) { d.packDY(dy, rows, from, to, d.dy, dBias) })
	d.columns(d.in, 8, func(first, last int, _ []float32) { // a step changes only these rows of the kernel
		d.inputGradient(kernel, dy, rows, first, last, dx)
		d.kernelGradient(x, d.dy, rows, first, last, a, to)
	})
	return nil
}

// columns shares n columns among all cores, each of them at a time.
func (d *Dense) columns(n, each int, f func(from, to int, scratch []float32)) {
	all := (n + each - 1) / each
	cores.Ranges(all, len(d.scratch), func(part, from, to int) { f(from*each, min(n, to*each), d.scratch[part]) })
}
