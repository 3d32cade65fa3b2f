package effnet

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// place is a row and a column of a kernel, either known while the graph is built or
// counted by a loop in it.
type place struct {
	i, j        int
	row, column *graph.Node // scalars int32; nil: i and j
}

// eachPlace computes a row [1, c] for each place of the kernel from the inputs, and
// from nothing else, and returns them one below the other, [k*k, c]. It is a loop where the backend has loops:
// one of B0's layers would else be compiled 25 times over.
func (d depthwise) eachPlace(inputs []*graph.Node, row func(at place, in []*graph.Node) *graph.Node) *graph.Node {
	g, n := d.x.Graph(), d.k*d.k
	if can := g.Backend().Capabilities(); !can.Functions || !can.Operations[compute.OpTypeDynamicSlice] {
		var rows []*graph.Node
		for p := range n {
			rows = append(rows, row(place{i: p / d.k, j: p % d.k}, inputs))
		}
		return graph.Concatenate(rows, 0)
	}
	state := append([]*graph.Node{whole(g, 0), graph.Zeros(g, shapes.Make(d.x.DType(), n, d.x.Shape().Dim(3)))}, inputs...)
	parameters := func(g *graph.Graph) []*graph.Node {
		var in []*graph.Node
		for _, s := range state {
			in = append(in, graph.Parameter(g, "", s.Shape()))
		}
		return in
	}
	more := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{graph.LessThan(parameters(g)[0], whole(g, n))}
	})
	step := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		in := parameters(g)
		k := whole(g, d.k)
		at := place{row: graph.Div(in[0], k), column: graph.Mod(in[0], k)}
		rows := graph.DynamicUpdateSlice(in[1], row(at, in[2:]), []*graph.Node{in[0], whole(g, 0)})
		return append([]*graph.Node{graph.Add(in[0], whole(g, 1)), rows}, in[2:]...)
	})
	return graph.While(more, step, state...)[1]
}

// whole is a whole number. [graph.Scalar] would hand out one that was made in another
// function of the graph, which XLA refuses: a loop sees only its state.
func whole(g *graph.Graph, n int) *graph.Node { return graph.Const(g, int32(n)) }

// windowAt returns what a place of the kernel sees of one image of each group of the
// padded input [groups, images, h, w, c]: [groups, 1, outH, outW, c].
func (d depthwise) windowAt(padded *graph.Node, at place, image int) *graph.Node {
	if at.row == nil {
		return graph.Slice(padded, graph.AxisRange(), graph.AxisElem(image), d.along(at.i, d.outH), d.along(at.j, d.outW))
	}
	g, s := padded.Graph(), padded.Shape()
	span := func(n int) int { return (n-1)*d.stride + 1 }
	zero := whole(g, 0)
	seen := graph.DynamicSlice(padded, []*graph.Node{zero, whole(g, image), at.row, at.column, zero},
		[]int{s.Dim(0), 1, span(d.outH), span(d.outW), s.Dim(4)})
	return graph.Slice(seen, graph.AxisRange(), graph.AxisRange(), graph.AxisRange().Stride(d.stride), graph.AxisRange().Stride(d.stride))
}
