package effnet

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Statistics are a batch's mean and variance over images and pixels, [channels].
type Statistics struct {
	Mean *graph.Node
	// Variance is the unbiased one, n/(n-1) times the mean squared deviation, which
	// TensorFlow's fused kernel hands to the moving variance of a four-dimensional
	// BatchNorm (tensorflow/core/kernels/fused_batch_norm_op.cc).
	Variance *graph.Node
}

// trainedNorm normalises x [batch, h, w, c] by the batch's statistics, with its own
// gradient (Ioffe & Szegedy 2015, section 3), which needs two sums over the batch.
func (b *builder) trainedNorm(x, gamma, beta *graph.Node) (*graph.Node, Statistics) {
	d := x.Shape().Dimensions
	rows, channels := d[0]*d[1]*d[2], d[3]
	vector := func(v *graph.Node) *graph.Node { return graph.Reshape(v, 1, channels) }
	input := graph.Reshape(x, rows, channels)
	flat := b.widen(input)
	shares, count := b.shares(x)
	mean := graph.Dot(shares, flat).Product() // as a product: XLA on CPU reduces to channels in a scalar loop
	variance := graph.Dot(shares, graph.Square(graph.Sub(flat, mean))).Product()
	inverse := graph.Reciprocal(graph.Sqrt(graph.AddScalar(variance, Epsilon)))
	scale := graph.Mul(vector(gamma), inverse)
	value := b.narrow(graph.Add(graph.Mul(flat, scale), graph.Sub(vector(beta), graph.Mul(mean, scale))))

	var back normGradient
	y := withGradient(value, []*graph.Node{input, gamma, beta}, func(i int, dy *graph.Node) *graph.Node {
		dy = b.widen(dy)
		if back.sum == nil {
			centered := graph.Mul(graph.Sub(flat, mean), inverse)
			back = normGradient{normal: centered, sum: sumRows(dy), product: sumRows(graph.Mul(dy, centered))}
		}
		switch i {
		case 1:
			return graph.Reshape(back.product, channels)
		case 2:
			return graph.Reshape(back.sum, channels)
		}
		column := graph.Reshape(shares, rows, 1)
		shift := graph.Mul(column, graph.Add(back.sum, graph.Mul(back.normal, back.product)))
		return b.narrow(graph.Mul(scale, graph.Sub(dy, shift)))
	})
	unbiased := graph.Mul(variance, graph.Div(count, graph.MaxScalar(graph.AddScalar(count, -1), 1)))
	return graph.Reshape(y, d...), Statistics{Mean: graph.Reshape(mean, channels), Variance: graph.Reshape(unbiased, channels)}
}

// normGradient is what the gradients of a BatchNorm's inputs share.
type normGradient struct {
	normal       *graph.Node // the normalised input, [rows, channels]
	sum, product *graph.Node // over the rows, of dy and of dy times normal
}

// shares weighs each row of x [batch, h, w, c], [1, rows]: they add up to 1, and rows
// of images that only fill the batch have 0. Count is the number of those that count.
func (b *builder) shares(x *graph.Node) (shares, count *graph.Node) {
	batch, pixels := x.Shape().Dim(0), x.Shape().Dim(1)*x.Shape().Dim(2)
	weights := b.opts.Weights
	if weights == nil {
		weights = graph.Ones(x.Graph(), shapes.Make(b.wide, batch))
	}
	weights = b.widen(weights)
	count = graph.MulScalar(graph.ReduceAllSum(weights), pixels)
	row := graph.BroadcastToDims(graph.Reshape(weights, batch, 1), batch, pixels)
	return graph.Reshape(graph.Div(row, count), 1, batch*pixels), count
}
