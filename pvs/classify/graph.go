package classify

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Options says how one graph runs the head. The zero value is inference.
type Options struct {
	Train   bool  // the BatchNorm uses the batch's statistics, and dropout is on
	Dropout *Node // scalar, the share of values that are dropped; nil: none
	Noise   *Node // [batch, features], uniform in [0, 1): what is below Dropout is dropped
	Weights *Node // [batch], 1 for a row that counts, 0 for padding; nil: all count
}

// Outputs are the nodes of a head.
type Outputs struct {
	Embedding *Node // [batch, features], after the BatchNorm
	Logits    *Node // [batch, classes]
	// Mean and Variance [features] are the batch's, if Options.Train is set. The
	// variance is the biased one, which Keras's two-dimensional BatchNorm also hands to
	// its moving variance.
	Mean, Variance *Node
}

// Graph builds the head on features [batch, features]. The scope holds its weights. It
// panics on features of another shape.
func (h Head) Graph(scope *model.Scope, features *Node, opts Options) Outputs {
	features.AssertDims(-1, h.Features)
	out := Outputs{Embedding: h.Normalize(scope, features)}
	if opts.Train {
		w := weightsOr(opts.Weights, features)
		count := ReduceAllSum(w)
		column := Reshape(w, features.Shape().Dim(0), 1)
		out.Mean = Div(ReduceSum(Mul(features, column), 0), count)
		centered := Sub(features, Reshape(out.Mean, 1, h.Features))
		out.Variance = Div(ReduceSum(Mul(Square(centered), column), 0), count)
		out.Embedding = h.normalize(scope, features, out.Mean, out.Variance)
	}
	x := out.Embedding
	if opts.Train && opts.Dropout != nil {
		noise, rate := opts.Noise, ConvertDType(opts.Dropout, x.DType())
		keep := ConvertDType(GreaterOrEqual(noise, BroadcastToShape(rate, noise.Shape())), x.DType())
		x = Div(Mul(x, keep), OneMinus(rate))
	}
	x = Dot(x, variable(scope, Kernel, x)).Product()
	out.Logits = Add(x, Reshape(variable(scope, Bias, x), 1, h.Classes))
	return out
}

// Normalize applies the BatchNorm with its stored statistics: the embedding that a
// search uses before Siamese training, [batch, features].
func (h Head) Normalize(scope *model.Scope, features *Node) *Node {
	return h.normalize(scope, features, variable(scope, MovingMean, features), variable(scope, MovingVariance, features))
}

func (h Head) normalize(scope *model.Scope, x, mean, variance *Node) *Node {
	row := func(v *Node) *Node { return Reshape(v, 1, h.Features) }
	scale := Div(variable(scope, Gamma, x), Sqrt(AddScalar(variance, Epsilon)))
	return Add(Mul(Sub(x, row(mean)), row(scale)), row(variable(scope, Beta, x)))
}

// variable returns a weight's value; it panics if the scope lacks it.
func variable(scope *model.Scope, name string, x *Node) *Node {
	path := model.JoinPath(scope.Scope(), name)
	v := scope.Store().GetVariable(path)
	if v == nil {
		exceptions.Panicf("the new top has no weight %s: load its weights before building its graph", path)
	}
	return ConvertDType(v.NodeValue(x), x.DType())
}

// weightsOr returns weights, or ones, in x's type.
func weightsOr(weights, x *Node) *Node {
	if weights != nil {
		return ConvertDType(weights, x.DType())
	}
	shape := x.Shape().Clone()
	shape.Dimensions = []int{x.Shape().Dim(0)}
	return Ones(x.Graph(), shape)
}
