package siamese

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// DefaultDim is the original's length of a vector after the projection.
const DefaultDim = 512

// The head's weights.
const (
	Kernel = "siamese/kernel"
	Bias   = "siamese/bias"
)

// Head projects embeddings and scales them to length 1.
type Head struct {
	Features, Dim int
}

// Variables lists the weights.
func (h Head) Variables() []effnet.Variable {
	return []effnet.Variable{{Name: Kernel, Shape: []int{h.Features, h.Dim}}, {Name: Bias, Shape: []int{h.Dim}}}
}

// InitialValues are Keras's for a Dense layer: the kernel uniform within
// sqrt(6 / (fan-in + fan-out)) (Glorot & Bengio 2010), the bias 0.
func (h Head) InitialValues(seed uint64) map[string][]float32 {
	rng := rand.New(rand.NewPCG(seed, 2))
	kernel := make([]float32, h.Features*h.Dim)
	limit := math.Sqrt(6 / float64(h.Features+h.Dim))
	for i := range kernel {
		kernel[i] = float32(limit * (2*rng.Float64() - 1))
	}
	return map[string][]float32{Kernel: kernel, Bias: make([]float32, h.Dim)}
}

// Graph builds the head on embeddings [batch, features] and returns [batch, dim] of
// length 1 (tf.math.l2_normalize, with its epsilon of 1e-12). The scope holds its
// weights. It panics on embeddings of another shape.
func (h Head) Graph(scope *model.Scope, embeddings *graph.Node) *graph.Node {
	embeddings.AssertDims(-1, h.Features)
	weight := func(name string) *graph.Node {
		path := model.JoinPath(scope.Scope(), name)
		v := scope.Store().GetVariable(path)
		if v == nil {
			exceptions.Panicf("the Siamese head has no weight %s: load its weights before building its graph", path)
		}
		return v.NodeValue(embeddings)
	}
	x := graph.Dot(embeddings, weight(Kernel)).Product()
	x = graph.Add(x, graph.Reshape(weight(Bias), 1, h.Dim))
	squares := graph.ReduceSum(graph.Square(x), 1)
	length := graph.Sqrt(graph.MaxScalar(squares, 1e-12))
	return graph.Div(x, graph.Reshape(length, x.Shape().Dim(0), 1))
}
