package effnet

import "github.com/gomlx/gomlx/core/graph"

// withGradient gives the value y of inputs its own gradients: gradient(i, dy) is that
// of inputs[i]. The value is cut off from differentiation and a zero that depends on
// all inputs is added, whose ends catch the gradient on its way back; only those that
// are asked for are computed. The inputs may be of other dtypes than y.
func withGradient(y *graph.Node, inputs []*graph.Node, gradient func(i int, dy *graph.Node) *graph.Node) *graph.Node {
	var caught *graph.Node // of the output, known before those of the inputs are asked for
	var zero *graph.Node
	for i, input := range inputs {
		end := graph.IdentityWithCustomGradient(input, func(_, _ *graph.Node) *graph.Node { return gradient(i, caught) })
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
		// The barrier keeps XLA from computing the gradient's producer again wherever
		// it is used; it needs two operands to be one.
		caught = graph.OptimizationBarriers(dy, inputs[0])[0]
		return dy
	})
}
