package fit

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/losses"
	"github.com/gopvs/product-visual-search/pvs/neck"
)

// The inputs of the head's graph, in order; class weights follow where a loss has them.
const (
	inFeatures = iota // [batch, features]
	inLabels          // [batch] int32
	inKernel          // [features, dim]
	inGamma           // [dim]
	inClasses         // [classes, sub-centres, dim]
)

// headGraph is one step of the head on a batch's features: projection, BatchNorm without shift, losses, gradients. It
// returns the losses [1 + losses], their weighted sum first; the batch's mean and variance [dim]; and the gradients of
// all inputs but the labels, in their order.
func headGraph(terms []term, in []*Node) []*Node {
	x := Dot(in[inFeatures], in[inKernel]).Product()
	out := neck.BNNeck(x, neck.BNNeckInput{Gamma: in[inGamma], Train: true})
	var total *Node
	var each []*Node
	for _, t := range terms {
		of := losses.Input{Embeddings: out.Normalized, Labels: in[inLabels]}
		if t.loss.ClassWeights(1) != nil {
			of.ClassWeights = in[inClasses]
		}
		mean := t.loss.Graph(of).Mean()
		each = append(each, mean)
		weighted := MulScalar(mean, t.weight)
		if total != nil {
			weighted = Add(total, weighted)
		}
		total = weighted
	}
	by := append([]*Node{in[inFeatures]}, in[inKernel:]...)
	return append([]*Node{Stack(append([]*Node{total}, each...), 0), out.Mean, out.Variance}, Gradient(total, by...)...)
}

// forwardGraph computes the features of images [batch, size, size, 3] with stochastic depth's noise [batch, blocks].
func (g *graphBackbone) forwardGraph(scope *model.Scope, images, noise *Node) *Node {
	return g.config.Graph(scope, images, effnet.Options{Formulation: g.formulation, Precision: g.precision, Train: true,
		DropConnect: g.dropConnect, Noise: noise}).Features
}

// backwardGraph returns the gradients of the weights that train, given those of the features [batch, features]: the
// forward pass is recomputed.
func (g *graphBackbone) backwardGraph(scope *model.Scope, images, noise, gradient *Node) []*Node {
	features := g.forwardGraph(scope, images, noise)
	inner := ReduceAllSum(Mul(features, gradient))
	weights := make([]*Node, len(g.trains))
	for i, name := range g.trains {
		weights[i] = g.store.GetVariable("/" + name).NodeValue(inner)
	}
	return Gradient(inner, weights...)
}
