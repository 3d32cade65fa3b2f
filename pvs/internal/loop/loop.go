package loop

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Can says whether a backend has loops, and slices that begin where a loop counts to.
func Can(backend compute.Backend) bool {
	can := backend.Capabilities()
	return can.Functions && can.Operations[compute.OpTypeDynamicSlice] && can.Operations[compute.OpTypeDynamicUpdateSlice]
}

// Times calls body n times with the count i, an int32 scalar from 0 on, and the state,
// and returns the last state, whose shapes stay what they were. The body sees nothing
// of the graph but these and what it makes of them: XLA's loops cannot look out. So
// its constants come from [Constant], and it adds up by products with ones: go-xla
// v0.4.1 does not find a reduction's function there. A loop has no gradient.
func Times(g *graph.Graph, n int, body func(i *graph.Node, state []*graph.Node) []*graph.Node, state ...*graph.Node) []*graph.Node {
	state = append([]*graph.Node{whole(g, 0)}, state...)
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
		return append([]*graph.Node{graph.Add(in[0], whole(g, 1))}, body(in[0], in[1:])...)
	})
	return graph.While(more, step, state...)[1:]
}

// Constant is a scalar for the body of a loop. [graph.Scalar], and all that is built
// with it, hands out one that another part of the graph had made before.
func Constant(g *graph.Graph, dtype dtypes.DType, value float64) *graph.Node {
	return graph.Const(g, shapes.CastAsDType(value, dtype))
}

func whole(g *graph.Graph, n int) *graph.Node { return Constant(g, dtypes.Int32, float64(n)) }

// Put returns x with the first values along its first axis replaced, from one that is
// counted on.
func Put(x, values, from *graph.Node) *graph.Node {
	return graph.DynamicUpdateSlice(x, values, starts(from, x.Rank()))
}

func starts(from *graph.Node, rank int) []*graph.Node {
	at := []*graph.Node{from}
	for len(at) < rank {
		at = append(at, whole(from.Graph(), 0))
	}
	return at
}
