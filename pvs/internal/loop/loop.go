package loop

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Supported says whether a backend has loops and dynamic slices.
func Supported(backend compute.Backend) bool {
	has := backend.Capabilities()
	return has.Functions && has.Operations[compute.OpTypeDynamicSlice] &&
		has.Operations[compute.OpTypeDynamicUpdateSlice]
}

// For calls body n times with the index i, an int32 scalar from 0 on, and the state, and
// returns the last state (JAX: fori_loop). The body returns a state of the same shapes.
// It can use no other node of the graph than its arguments, since a loop in XLA has no
// closure: constants come from [Constant], and sums are matrix products with a vector
// of ones, because go-xla v0.4.1 does not find a reduction's function in a loop. A loop
// has no gradient.
func For(g *graph.Graph, n int, body func(i *graph.Node, state []*graph.Node) []*graph.Node,
	state ...*graph.Node) []*graph.Node {
	state = append([]*graph.Node{int32Scalar(g, 0)}, state...)
	parameters := func(g *graph.Graph) []*graph.Node {
		var in []*graph.Node
		for _, s := range state {
			in = append(in, graph.Parameter(g, "", s.Shape()))
		}
		return in
	}
	more := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{graph.LessThan(parameters(g)[0], int32Scalar(g, n))}
	})
	step := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		in := parameters(g)
		return append([]*graph.Node{graph.Add(in[0], int32Scalar(g, 1))}, body(in[0], in[1:])...)
	})
	return graph.While(more, step, state...)[1:]
}

// Constant is a scalar for the body of a loop. [graph.Scalar], and whatever uses it,
// reuses a node from outside of the loop.
func Constant(g *graph.Graph, dtype dtypes.DType, value float64) *graph.Node {
	return graph.Const(g, shapes.CastAsDType(value, dtype))
}

func int32Scalar(g *graph.Graph, n int) *graph.Node { return Constant(g, dtypes.Int32, float64(n)) }

// UpdateSlice returns x with rows replaced by values, beginning at row from, an int32
// scalar (XLA: DynamicUpdateSlice on the first axis).
func UpdateSlice(x, values, from *graph.Node) *graph.Node {
	return graph.DynamicUpdateSlice(x, values, startIndices(from, x.Rank()))
}

// startIndices are those of a slice that begins at a row: [from, 0, 0, ...].
func startIndices(from *graph.Node, rank int) []*graph.Node {
	at := []*graph.Node{from}
	for len(at) < rank {
		at = append(at, int32Scalar(from.Graph(), 0))
	}
	return at
}
