package effnet

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gopvs/product-visual-search/pvs/internal/loop"
)

// depthwise is one depthwise convolution with TensorFlow's "same" padding:
// x [batch, h, w, c], kernel [k, k, c, 1] -> [batch, h/stride, w/stride, c] of x's
// dtype. Sums are of the kernel's dtype, which may be a wider one.
type depthwise struct {
	x, kernel  *graph.Node
	stride, k  int
	pads       [2][2]int // of height and width, before and after
	outH, outW int
}

func newDepthwise(x, kernel *graph.Node, stride int) depthwise {
	d := depthwise{x: x, kernel: kernel, stride: stride, k: kernel.Shape().Dim(0)}
	h, w := x.Shape().Dim(1), x.Shape().Dim(2)
	d.pads = [2][2]int{SamePadding(h, d.k, stride), SamePadding(w, d.k, stride)}
	d.outH, d.outW = (h+stride-1)/stride, (w+stride-1)/stride
	return d
}

// SamePadding is TensorFlow's "same": the output has ceil(size/stride) values, and
// an odd zero goes to the end.
func SamePadding(size, kernel, stride int) [2]int {
	out := (size + stride - 1) / stride
	total := max(0, (out-1)*stride+kernel-size)
	return [2]int{total / 2, total - total/2}
}

// grouped writes the convolution as one operation with a group for each channel.
func (d depthwise) grouped() *graph.Node {
	c := d.x.Shape().Dim(3)
	kernel := graph.ConvertDType(graph.Reshape(d.kernel, d.k, d.k, 1, c), d.x.DType())
	return graph.Convolve(d.x, kernel).
		ChannelGroupCount(c).Strides(d.stride).PaddingPerDim(d.pads[:]).Done()
}

// slices writes it as the sum of k*k shifted copies of x, each times one row of
// the kernel, which XLA on CPU fuses into one vectorised loop.
func (d depthwise) slices() *graph.Node {
	padded := pad(d.x, d.pads, 0)
	return d.narrow(d.sum(func(i, j int) *graph.Node {
		return graph.Mul(d.widen(d.window(padded, i, j)), d.tap(i, j))
	}))
}

// widen brings x to the dtype of sums, narrow a sum to that of the input.
func (d depthwise) widen(x *graph.Node) *graph.Node  { return graph.ConvertDType(x, d.kernel.DType()) }
func (d depthwise) narrow(x *graph.Node) *graph.Node { return graph.ConvertDType(x, d.x.DType()) }

// sum adds one node for each tap of the kernel.
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

// tap returns the kernel's weights at (i, j) as [1, 1, 1, c].
func (d depthwise) tap(i, j int) *graph.Node {
	row := graph.Slice(d.kernel, graph.AxisElem(i), graph.AxisElem(j))
	return graph.Reshape(row, 1, 1, 1, d.x.Shape().Dim(3))
}

// window returns the values of the padded input that tap (i, j) multiplies, [batch, outH, outW, c].
func (d depthwise) window(padded *graph.Node, i, j int) *graph.Node {
	return graph.Slice(padded, graph.AxisRange(), d.along(i, d.outH), d.along(j, d.outW))
}

// along selects the n values that a tap multiplies along an axis.
func (d depthwise) along(from, n int) graph.SliceAxisSpec {
	return graph.AxisRange(from, from+(n-1)*d.stride+1).Stride(d.stride)
}

// differentiable attaches the gradients below to forward. GoMLX would split a grouped convolution's gradient into one
// convolution a channel and has none for Pad.
func (d depthwise) differentiable(forward func() *graph.Node) *graph.Node {
	return withGradient(forward(), []*graph.Node{d.x, d.kernel}, func(i int, dy *graph.Node) *graph.Node {
		if i == 0 {
			return d.inputGradient(dy)
		}
		return d.kernelGradient(dy)
	})
}

// inputGradient is the transposed convolution of dy, again as shifted slices.
func (d depthwise) inputGradient(dy *graph.Node) *graph.Node {
	if d.stride == 2 {
		return d.interleaved(dy)
	}
	h, w := d.x.Shape().Dim(1), d.x.Shape().Dim(2)
	margin := func(before int) [2]int {
		lo := d.k - 1 - before
		return [2]int{lo, d.k - 1 - lo}
	}
	padded := pad(dy, [2][2]int{margin(d.pads[0][0]), margin(d.pads[1][0])}, 0)
	return d.narrow(d.sum(func(i, j int) *graph.Node {
		shifted := graph.Slice(padded, graph.AxisRange(), graph.AxisRange(i, i+h), graph.AxisRange(j, j+w))
		return graph.Mul(d.widen(shifted), d.tap(d.k-1-i, d.k-1-j))
	}))
}

// interleaved is inputGradient for stride 2 without the zeros between dy's values:
// even and odd rows and columns of x meet different taps, so x is taken as
// [batch, h/2, 2, w/2, 2, c] and each shift of dy is multiplied with 2 x 2 taps.
func (d depthwise) interleaved(dy *graph.Node) *graph.Node {
	s := d.x.Shape()
	batch, h, w, c := s.Dim(0), s.Dim(1), s.Dim(2), s.Dim(3)
	rows, columns := d.shifts(d.pads[0][0]), d.shifts(d.pads[1][0])
	padded := pad(dy, [2][2]int{{rows[1], -rows[0]}, {columns[1], -columns[0]}}, 0)
	dims := []int{batch, d.outH, 2, d.outW, 2, c}
	var total *graph.Node
	for a := rows[0]; a <= rows[1]; a++ {
		for b := columns[0]; b <= columns[1]; b++ {
			shifted := graph.Slice(padded, graph.AxisRange(),
				graph.AxisRange(rows[1]-a, rows[1]-a+d.outH), graph.AxisRange(columns[1]-b, columns[1]-b+d.outW))
			shifted = graph.BroadcastToDims(graph.Reshape(shifted, batch, d.outH, 1, d.outW, 1, c), dims...)
			term := graph.Mul(d.widen(shifted), graph.BroadcastToDims(d.quad(2*a+d.pads[0][0], 2*b+d.pads[1][0]), dims...))
			if total == nil {
				total = term
			} else {
				total = graph.Add(total, term)
			}
		}
	}
	// Without the barrier XLA would compute with indices of the reshaped value.
	total = graph.Reshape(graph.OptimizationBarriers(d.narrow(total), dy)[0], batch, 2*d.outH, 2*d.outW, c)
	return graph.Slice(total, graph.AxisRange(), graph.AxisRange(0, h), graph.AxisRange(0, w))
}

// shifts are the first and last s for which row 2m+r of x, r 0 or 1, is an input of row m-s of a stride 2 convolution's
// output: it is multiplied with the kernel's row 2s+r+before.
func (d depthwise) shifts(before int) [2]int {
	return [2]int{-((before + 1) / 2), (d.k - 1 - before) / 2}
}

// quad returns the taps (i, j) to (i+1, j+1) as [1, 1, 2, 1, 2, c], with zeros outside of the kernel.
func (d depthwise) quad(i, j int) *graph.Node {
	c := d.x.Shape().Dim(3)
	margin := func(from int) compute.PadAxis {
		return compute.PadAxis{Start: max(0, -from), End: max(0, from+2-d.k)}
	}
	across := func(from int) graph.SliceAxisSpec { return graph.AxisRange(max(0, from), min(d.k, from+2)) }
	taps := graph.Slice(graph.Reshape(d.kernel, d.k, d.k, c), across(i), across(j))
	taps = graph.Pad(taps, graph.ScalarZero(taps.Graph(), taps.DType()), margin(i), margin(j), compute.PadAxis{})
	return graph.Reshape(taps, 1, 1, 2, 1, 2, c)
}

// imagesPerLoop is how many images [depthwise.kernelGradient] adds up in one fused loop of XLA.
const imagesPerLoop = 8

// kernelGradient correlates the input with dy for each tap. XLA on CPU runs a reduction to channels as a scalar loop,
// or copies every window for a library's reduction. So images are added elementwise, in one loop over the padded
// input, and rows by a matrix product with a vector of ones. The barriers keep padding and product out of that loop.
func (d depthwise) kernelGradient(dy *graph.Node) *graph.Node {
	batch, c := d.x.Shape().Dim(0), d.x.Shape().Dim(3)
	n, devices := imagesPerLoop, d.x.Graph().NumDevices() // which share the batch: images are added within each
	for n > 1 && batch%(n*devices) != 0 {
		n--
	}
	grouped := func(x *graph.Node) *graph.Node {
		return graph.Reshape(x, batch/n, n, x.Shape().Dim(1), x.Shape().Dim(2), c)
	}
	padded, outputGradient := grouped(graph.OptimizationBarriers(pad(d.x, d.pads, 0), dy)[0]), grouped(dy)
	rows := d.eachTap(func(at tap, in []*graph.Node) *graph.Node {
		var sum *graph.Node
		for image := range n {
			dyOfImage := graph.Slice(in[1], graph.AxisRange(), graph.AxisElem(image))
			product := graph.Mul(d.widen(d.windowAt(in[0], at, image)), d.widen(dyOfImage))
			if sum == nil {
				sum = product
			} else {
				sum = graph.Add(sum, product)
			}
		}
		return sumRows(graph.Reshape(graph.OptimizationBarriers(sum)[0], batch/n*d.outH*d.outW, c))
	}, padded, outputGradient)
	return graph.Reshape(rows, d.k, d.k, c, 1)
}

// sumRows adds up the rows of [n, c] to [1, c], as a matrix product with a vector of ones.
func sumRows(x *graph.Node) *graph.Node {
	shape := x.Shape().Clone()
	shape.Dimensions = []int{1, x.Shape().Dim(0)}
	ones := graph.BroadcastToShape(loop.Constant(x.Graph(), x.DType(), 1), shape) // also inside of a loop
	return graph.Dot(ones, x).Product()
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
