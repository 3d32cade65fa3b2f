package neck

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// GeM is generalised-mean pooling (Radenovic et al. 2018, eq. 3): (mean of x^p)^(1/p) over the positions of
// x [batch, height, width, channels], as [batch, channels]. An exponent of 1 is average pooling, a large one
// comes near max pooling. It is a scalar or [channels], above 0, and trains. Activations below
// [MinActivation] count as that and get no gradient. Each channel is divided by its maximum before powers are taken,
// so that none overflows. It panics on other shapes.
func GeM(x, exponent *Node) *Node {
	if x.Rank() != 4 || exponent.Rank() > 1 || exponent.Rank() == 1 && exponent.Shape().Dim(0) != x.Shape().Dim(3) {
		exceptions.Panicf("GeM takes activations [batch, height, width, channels] and an exponent, a scalar or "+
			"[channels], not %s and %s", x.Shape(), exponent.Shape())
	}
	d := x.Shape().Dimensions
	batch, positions, channels := d[0], d[1]*d[2], d[3]
	p := ConvertDType(exponent, x.DType())
	if p.Rank() == 1 {
		p = Reshape(p, 1, 1, channels)
	}
	x = MaxScalar(Reshape(x, batch, positions, channels), MinActivation)
	// The pooled value grows as x does, so its gradient is right with a maximum that has none itself.
	most := StopGradient(ReduceAndKeep(x, ReduceMax, 1))
	powers := Exp(Mul(Log(Div(x, most)), p))
	// A sum as a matrix product: XLA on CPU reduces to channels in a scalar loop.
	shares := BroadcastToDims(Scalar(x.Graph(), x.DType(), 1/float64(positions)), positions)
	mean := Reshape(Einsum("bpc,p->bc", powers, shares), batch, 1, channels)
	return Reshape(Mul(most, Exp(Div(Log(mean), p))), batch, channels)
}

// BNNeck is BatchNorm without a shift (Luo et al. 2019, "Bag of Tricks and A Strong Baseline for Deep Person
// Re-identification", section 3.5) of features [batch, features]: losses of pairs take what is before it,
// softmax losses and the search what is after it. It panics on other shapes.
func BNNeck(features *Node, in BNNeckInput) BNNeckOutput {
	if features.Rank() != 2 {
		exceptions.Panicf("BNNeck takes features [batch, features], not %s", features.Shape())
	}
	n := features.Shape().Dim(1)
	row := func(v *Node) *Node {
		if v == nil {
			exceptions.Panicf("BNNeck lacks gamma or, for inference, its moving statistics")
		}
		v.AssertDims(n)
		return Reshape(ConvertDType(v, features.DType()), 1, n)
	}
	var out BNNeckOutput
	mean, variance := in.MovingMean, in.MovingVariance
	if in.Train {
		out.Mean, out.Variance = statistics(features, in.Weights)
		mean, variance = out.Mean, out.Variance
	}
	scale := Div(row(in.Gamma), Sqrt(AddScalar(row(variance), Epsilon)))
	out.Normalized = Mul(Sub(features, row(mean)), scale)
	return out
}

// statistics are the mean and the biased variance of the rows that count, [features].
func statistics(x, weights *Node) (mean, variance *Node) {
	if weights == nil {
		weights = BroadcastToDims(ScalarOne(x.Graph(), x.DType()), x.Shape().Dim(0))
	}
	weights = ConvertDType(weights, x.DType())
	shares := Div(weights, MaxScalar(ReduceAllSum(weights), 1))
	mean = Einsum("b,bf->f", shares, x)
	centered := Sub(x, Reshape(mean, 1, -1))
	return mean, Einsum("b,bf->f", shares, Square(centered))
}
