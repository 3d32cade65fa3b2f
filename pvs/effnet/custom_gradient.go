package effnet

import "github.com/gomlx/gomlx/core/graph"

// A block's gradient is not written here: GoMLX differentiates the graph (graph.go) automatically, but for values that
// carry custom gradients by withGradient: depthwise convolutions (depthwise.go) and BatchNorm in training mode
// (statistics.go). The CPU engine's backward pass of a block is effnet/cpu/mbconv_backward.h.

// withGradient attaches custom gradients to a value y of inputs: gradient(i, dy) is the gradient of inputs[i].
// Automatic differentiation stops at y; instead it passes through an added zero that depends on all inputs and has
// the custom gradients. Only those that are asked for are computed. The inputs may have other dtypes than y.
func withGradient(y *graph.Node, inputs []*graph.Node, gradient func(i int, dy *graph.Node) *graph.Node) *graph.Node {
	var outputGradient *graph.Node // known before the gradients of the inputs are asked for
	var zero *graph.Node
	for i, input := range inputs {
		end := graph.IdentityWithCustomGradient(input, func(_, _ *graph.Node) *graph.Node {
			return gradient(i, outputGradient)
		})
		first := make([]graph.SliceAxisSpec, input.Rank())
		ones := make([]int, y.Rank())
		for axis := range first {
			first[axis] = graph.AxisElem(0)
		}
		for axis := range ones {
			ones[axis] = 1
		}
		part := graph.MulScalar(graph.ConvertDType(graph.Reshape(graph.Slice(end, first...), ones...), y.DType()), 0)
		if zero == nil {
			zero = part
		} else {
			zero = graph.Add(zero, part)
		}
	}
	return graph.IdentityWithCustomGradient(graph.Add(graph.StopGradient(y), zero), func(_, dy *graph.Node) *graph.Node {
		// The barrier keeps XLA from recomputing dy wherever it is used; a barrier needs two operands.
		outputGradient = graph.OptimizationBarriers(dy, inputs[0])[0]
		return dy
	})
}
