package effnet

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gopvs/product-visual-search/pvs/internal/loop"
)

// tap is a position in a depthwise kernel, either known while the graph is built or
// counted by a loop in the graph.
type tap struct {
	i, j        int
	row, column *graph.Node // scalars int32; nil: i and j
}

// eachTap computes a row [1, c] for each tap of the kernel from the inputs, and from
// nothing else, and returns the rows concatenated, [k*k, c]. It is a loop where the
// backend has loops, so that a 5 x 5 kernel's rows are compiled once and not 25 times.
func (d depthwise) eachTap(row func(at tap, in []*graph.Node) *graph.Node, inputs ...*graph.Node) *graph.Node {
	g, n := d.x.Graph(), d.k*d.k
	if !loop.Supported(g.Backend()) {
		var rows []*graph.Node
		for p := range n {
			rows = append(rows, row(tap{i: p / d.k, j: p % d.k}, inputs))
		}
		return graph.Concatenate(rows, 0)
	}
	shape := shapes.Make(d.kernel.DType(), n, d.x.Shape().Dim(3))
	return loop.For(g, n, func(p *graph.Node, state []*graph.Node) []*graph.Node {
		k := loop.Constant(g, p.DType(), float64(d.k))
		at := tap{row: graph.Div(p, k), column: graph.Mod(p, k)}
		return append([]*graph.Node{loop.UpdateSlice(state[0], row(at, state[1:]), p)}, state[1:]...)
	}, append([]*graph.Node{graph.Zeros(g, shape)}, inputs...)...)[0]
}

// windowAt returns the values that a tap multiplies, of one image of each group of the
// padded input [groups, images, h, w, c]: [groups, 1, outH, outW, c].
func (d depthwise) windowAt(padded *graph.Node, at tap, image int) *graph.Node {
	if at.row == nil {
		return graph.Slice(padded, graph.AxisRange(), graph.AxisElem(image), d.along(at.i, d.outH), d.along(at.j, d.outW))
	}
	s := padded.Shape()
	constant := func(n int) *graph.Node { return loop.Constant(padded.Graph(), at.row.DType(), float64(n)) }
	span := func(n int) int { return (n-1)*d.stride + 1 }
	window := graph.DynamicSlice(padded, []*graph.Node{constant(0), constant(image), at.row, at.column, constant(0)},
		[]int{s.Dim(0), 1, span(d.outH), span(d.outW), s.Dim(4)})
	strided := graph.AxisRange().Stride(d.stride)
	return graph.Slice(window, graph.AxisRange(), graph.AxisRange(), strided, strided)
}
