package effnet

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Statistics are a batch's mean and variance over images and pixels, [channels].
type Statistics struct {
	Mean *graph.Node
	// Variance is the unbiased one, n/(n-1) times the mean squared deviation, from which
	// TensorFlow updates the moving variance of a four-dimensional BatchNorm
	// (tensorflow/core/kernels/fused_batch_norm_op.cc).
	Variance *graph.Node
}

// batchNormInTraining normalises x [batch, h, w, c] by the batch's statistics. Its custom
// gradient (Ioffe & Szegedy 2015, section 3) needs two sums over the batch.
func (b *builder) batchNormInTraining(x, gamma, beta *graph.Node) (*graph.Node, Statistics) {
	d := x.Shape().Dimensions
	rows, channels := d[0]*d[1]*d[2], d[3]
	vector := func(v *graph.Node) *graph.Node { return graph.Reshape(v, 1, channels) }
	input := graph.Reshape(x, rows, channels)
	flat := b.widen(input)
	weights, count := b.rowWeights(x)
	// Matrix products, since XLA on CPU reduces to channels in a scalar loop.
	mean := graph.Dot(weights, flat).Product()
	variance := graph.Dot(weights, graph.Square(graph.Sub(flat, mean))).Product()
	inverse := graph.Reciprocal(graph.Sqrt(graph.AddScalar(variance, Epsilon)))
	scale := graph.Mul(vector(gamma), inverse)
	value := b.narrow(graph.Add(graph.Mul(flat, scale), graph.Sub(vector(beta), graph.Mul(mean, scale))))

	var shared normGradient
	y := withGradient(value, []*graph.Node{input, gamma, beta}, func(i int, dy *graph.Node) *graph.Node {
		dy = b.widen(dy)
		if shared.sum == nil {
			normalised := graph.Mul(graph.Sub(flat, mean), inverse)
			shared = normGradient{normalised: normalised, sum: sumRows(dy), product: sumRows(graph.Mul(dy, normalised))}
		}
		switch i {
		case 1:
			return graph.Reshape(shared.product, channels)
		case 2:
			return graph.Reshape(shared.sum, channels)
		}
		column := graph.Reshape(weights, rows, 1)
		shift := graph.Mul(column, graph.Add(shared.sum, graph.Mul(shared.normalised, shared.product)))
		return b.narrow(graph.Mul(scale, graph.Sub(dy, shift)))
	})
	unbiased := graph.Mul(variance, graph.Div(count, graph.MaxScalar(graph.AddScalar(count, -1), 1)))
	statistics := Statistics{Mean: graph.Reshape(mean, channels), Variance: graph.Reshape(unbiased, channels)}
	return graph.Reshape(y, d...), statistics
}

// normGradient is what the gradients of a BatchNorm's inputs share.
type normGradient struct {
	normalised   *graph.Node // the normalised input, [rows, channels]
	sum, product *graph.Node // over the rows, of dy and of dy times normalised
}

// rowWeights are the weights of a mean over the rows of x [batch * h * w, c], [1, rows]:
// they add up to 1, and rows of padding images have 0. Count is the
// number of the other rows.
func (b *builder) rowWeights(x *graph.Node) (weights, count *graph.Node) {
	batch, pixels := x.Shape().Dim(0), x.Shape().Dim(1)*x.Shape().Dim(2)
	ofImages := b.opts.Weights
	if ofImages == nil {
		ofImages = graph.Ones(x.Graph(), shapes.Make(b.wide, batch))
	}
	ofImages = b.widen(ofImages)
	count = graph.MulScalar(graph.ReduceAllSum(ofImages), pixels)
	row := graph.BroadcastToDims(graph.Reshape(ofImages, batch, 1), batch, pixels)
	return graph.Reshape(graph.Div(row, count), 1, batch*pixels), count
}
