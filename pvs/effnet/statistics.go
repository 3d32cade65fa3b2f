package effnet

import "github.com/gomlx/gomlx/core/graph"

// Statistics are a batch's mean and variance over images and pixels, [channels].
type Statistics struct {
	Mean *graph.Node
	// Variance is the unbiased one, n/(n-1) times the mean squared deviation, which
	// TensorFlow's fused kernel hands to the moving variance of a four-dimensional
	// BatchNorm (tensorflow/core/kernels/fused_batch_norm_op.cc).
	Variance *graph.Node
}

// statistics of x [batch, h, w, c], and the biased variance, which normalises.
func (b *builder) statistics(x *graph.Node) (s Statistics, biased *graph.Node) {
	d := x.Shape().Dimensions
	batch, pixels, channels := d[0], d[1]*d[2], d[3]
	weights := b.opts.Weights
	if weights == nil {
		shape := x.Shape().Clone()
		shape.Dimensions = []int{batch}
		weights = graph.Ones(x.Graph(), shape)
	}
	weights = graph.ConvertDType(weights, x.DType())
	count := graph.MulScalar(graph.ReduceAllSum(weights), pixels)
	// As a product, because XLA on CPU reduces to channels in a scalar loop.
	row := graph.BroadcastToDims(graph.Reshape(weights, batch, 1), batch, pixels)
	row = graph.Reshape(graph.Div(row, count), 1, batch*pixels)
	flat := graph.Reshape(x, batch*pixels, channels)
	mean := graph.Dot(row, flat).Product()
	biased = graph.Reshape(graph.Dot(row, graph.Square(graph.Sub(flat, mean))).Product(), channels)
	s.Mean = graph.Reshape(mean, channels)
	s.Variance = graph.Mul(biased, graph.Div(count, graph.MaxScalar(graph.AddScalar(count, -1), 1)))
	return s, biased
}
