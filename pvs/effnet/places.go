package effnet

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gopvs/product-visual-search/pvs/internal/loop"
)

// place is a row and a column of a kernel, either known while the graph is built or
// counted by a loop in it.
type place struct {
	i, j        int
	row, column *graph.Node // scalars int32; nil: i and j
}

// eachPlace computes a row [1, c] for each place of the kernel from the inputs, and
// from nothing else, and returns them one below the other, [k*k, c]. It is a loop where
// the backend has loops: one of B0's layers would else be compiled 25 times over.
func (d depthwise) eachPlace(row func(at place, in []*graph.Node) *graph.Node, inputs ...*graph.Node) *graph.Node {
	g, n := d.x.Graph(), d.k*d.k
	if !loop.Can(g.Backend()) {
		var rows []*graph.Node
		for p := range n {
			rows = append(rows, row(place{i: p / d.k, j: p % d.k}, inputs))
		}
		return graph.Concatenate(rows, 0)
	}
	shape := shapes.Make(d.kernel.DType(), n, d.x.Shape().Dim(3))
	return loop.Times(g, n, func(p *graph.Node, state []*graph.Node) []*graph.Node {
		k := loop.Constant(g, p.DType(), float64(d.k))
		at := place{row: graph.Div(p, k), column: graph.Mod(p, k)}
		return append([]*graph.Node{loop.Put(state[0], row(at, state[1:]), p)}, state[1:]...)
	}, append([]*graph.Node{graph.Zeros(g, shape)}, inputs...)...)[0]
}

// windowAt returns what a place of the kernel sees of one image of each group of the
// padded input [groups, images, h, w, c]: [groups, 1, outH, outW, c].
func (d depthwise) windowAt(padded *graph.Node, at place, image int) *graph.Node {
	if at.row == nil {
		return graph.Slice(padded, graph.AxisRange(), graph.AxisElem(image), d.along(at.i, d.outH), d.along(at.j, d.outW))
	}
	s := padded.Shape()
	number := func(n int) *graph.Node { return loop.Constant(padded.Graph(), at.row.DType(), float64(n)) }
	span := func(n int) int { return (n-1)*d.stride + 1 }
	seen := graph.DynamicSlice(padded, []*graph.Node{number(0), number(image), at.row, at.column, number(0)},
		[]int{s.Dim(0), 1, span(d.outH), span(d.outW), s.Dim(4)})
	return graph.Slice(seen, graph.AxisRange(), graph.AxisRange(), graph.AxisRange().Stride(d.stride), graph.AxisRange().Stride(d.stride))
}
