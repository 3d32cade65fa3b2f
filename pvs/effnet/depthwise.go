package effnet

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// depthwise is one depthwise convolution with TensorFlow's "same" padding:
// x [batch, h, w, c], kernel [k, k, c, 1] -> [batch, h/stride, w/stride, c].
type depthwise struct {
	x, kernel  *graph.Node
	stride, k  int
	pads       [2][2]int // of height and width, before and after
	outH, outW int
}

func newDepthwise(x, kernel *graph.Node, stride int) depthwise {
	d := depthwise{x: x, kernel: kernel, stride: stride, k: kernel.Shape().Dim(0)}
	h, w := x.Shape().Dim(1), x.Shape().Dim(2)
	d.pads = [2][2]int{samePadding(h, d.k, stride), samePadding(w, d.k, stride)}
	d.outH, d.outW = (h+stride-1)/stride, (w+stride-1)/stride
	return d
}

// samePadding is TensorFlow's "same": the output has ceil(size/stride) values, and
// an odd zero goes to the end.
func samePadding(size, kernel, stride int) [2]int {
	out := (size + stride - 1) / stride
	total := max(0, (out-1)*stride+kernel-size)
	return [2]int{total / 2, total - total/2}
}

// grouped writes the convolution as one operation with a group for each channel.
func (d depthwise) grouped() *graph.Node {
	c := d.x.Shape().Dim(3)
	return graph.Convolve(d.x, graph.Reshape(d.kernel, d.k, d.k, 1, c)).
		ChannelGroupCount(c).Strides(d.stride).PaddingPerDim(d.pads[:]).Done()
}

// slices writes it as the sum of k*k shifted copies of x, each times one row of
// the kernel, which XLA on CPU fuses into one vectorised loop.
func (d depthwise) slices() *graph.Node {
	padded := pad(d.x, d.pads, 0)
	return d.sum(func(i, j int) *graph.Node {
		return graph.Mul(d.window(padded, i, j), d.tap(i, j))
	})
}

// sum adds one node for each of the kernel's places.
func (d depthwise) sum(term func(i, j int) *graph.Node) *graph.Node {
	var total *graph.Node
	for i := range d.k {
		for j := range d.k {
			if t := term(i, j); total == nil {
				total = t
			} else {
				total = graph.Add(total, t)
			}
		}
	}
	return total
}

// tap returns the kernel's row at (i, j) as [1, 1, 1, c].
func (d depthwise) tap(i, j int) *graph.Node {
	row := graph.Slice(d.kernel, graph.AxisElem(i), graph.AxisElem(j))
	return graph.Reshape(row, 1, 1, 1, d.x.Shape().Dim(3))
}

// window returns what the kernel's place (i, j) sees of the padded input, [batch, outH, outW, c].
func (d depthwise) window(padded *graph.Node, i, j int) *graph.Node {
	along := func(from, n int) graph.SliceAxisSpec {
		return graph.AxisRange(from, from+(n-1)*d.stride+1).Stride(d.stride)
	}
	return graph.Slice(padded, graph.AxisRange(), along(i, d.outH), along(j, d.outW))
}

// differentiable gives forward the gradients below. GoMLX would split a grouped
// convolution's gradient into one convolution a channel and has none for Pad.
func (d depthwise) differentiable(forward func() *graph.Node) *graph.Node {
	return withGradient(forward(), []*graph.Node{d.x, d.kernel}, func(i int, dy *graph.Node) *graph.Node {
		if i == 0 {
			return d.inputGradient(dy)
		}
		return d.kernelGradient(dy)
	})
}

// inputGradient spreads dy back: the transposed convolution, again as shifted slices.
func (d depthwise) inputGradient(dy *graph.Node) *graph.Node {
	h, w := d.x.Shape().Dim(1), d.x.Shape().Dim(2)
	margin := func(size, out int, before int) [2]int {
		lo := d.k - 1 - before
		return [2]int{lo, size + d.k - 1 - lo - ((out-1)*d.stride + 1)}
	}
	spread := pad(dy, [2][2]int{margin(h, d.outH, d.pads[0][0]), margin(w, d.outW, d.pads[1][0])}, d.stride-1)
	return d.sum(func(i, j int) *graph.Node {
		shifted := graph.Slice(spread, graph.AxisRange(), graph.AxisRange(i, i+h), graph.AxisRange(j, j+w))
		return graph.Mul(shifted, d.tap(d.k-1-i, d.k-1-j))
	})
}

// kernelGradient correlates the input with dy for each place of the kernel. The
// batch is added elementwise first and the pixels by a product with ones, because
// XLA on CPU runs a reduction to channels as a scalar loop.
func (d depthwise) kernelGradient(dy *graph.Node) *graph.Node {
	x := graph.OptimizationBarriers(d.x, dy)[0]
	padded := pad(x, d.pads, 0)
	c, pixels := d.x.Shape().Dim(3), d.outH*d.outW
	var rows []*graph.Node
	for i := range d.k {
		for j := range d.k {
			product := graph.ReduceSum(graph.Mul(d.window(padded, i, j), dy), 0)
			rows = append(rows, sumRows(graph.Reshape(product, pixels, c)))
		}
	}
	return graph.Reshape(graph.Concatenate(rows, 0), d.k, d.k, c, 1)
}

// sumRows adds the rows of [n, c] to [1, c] as a product with ones.
func sumRows(x *graph.Node) *graph.Node {
	shape := x.Shape().Clone()
	shape.Dimensions = []int{1, x.Shape().Dim(0)}
	return graph.Dot(graph.Ones(x.Graph(), shape), x).Product()
}

// pad adds zeros around height and width, negative numbers crop; interior zeros
// go between neighbouring values.
func pad(x *graph.Node, pads [2][2]int, interior int) *graph.Node {
	axes := make([]compute.PadAxis, 4)
	for i, p := range pads {
		axes[i+1] = compute.PadAxis{Start: p[0], End: p[1], Interior: interior}
	}
	return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), axes...)
}
