package fit

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/losses"
	"github.com/gopvs/product-visual-search/pvs/neck"
)

// graph is one step of the head on a batch: projection, BatchNorm without shift, losses, gradients. Its inputs are
// features [batch, features], labels [batch] int32, words of titles [batch, mostWords] int32 if a loss takes them, the
// weights in the order of h.weights, and a memory's embeddings [memory, dim] and labels [memory] int32 if there is one.
// It returns the losses [1 + losses], their weighted sum first; the batch's mean and variance [dim]; its embeddings
// [batch, dim]; and the gradients of features and weights.
func (h *head) graph(in []*Node) []*Node {
	names := h.weights()
	features, labels, in := in[0], in[1], in[2:]
	var words *Node
	if h.takesWords() {
		words, in = in[0], in[1:]
	}
	weights := map[string]*Node{}
	for i, name := range names {
		weights[name] = in[i]
	}
	var memory losses.Memory
	if rest := in[len(names):]; len(rest) > 0 {
		memory = losses.Memory{Embeddings: rest[0], Labels: rest[1]}
	}
	x := Dot(features, weights[headKernel]).Product()
	out := neck.BNNeck(x, neck.BNNeckInput{Gamma: weights[headGamma], Train: true})
	var total *Node
	var each []*Node
	for _, t := range h.terms {
		of := losses.Input{Embeddings: out.Normalized, Labels: labels}
		switch {
		case t.ofPairs():
			of.Memory = memory
		case t.ofWords():
			of.Labels = words
			fallthrough
		default:
			of.ClassWeights = weights[t.classes]
		}
		mean := t.loss.Graph(of).Mean()
		each = append(each, mean)
		weighted := MulScalar(mean, t.weight)
		if total != nil {
			weighted = Add(total, weighted)
		}
		total = weighted
	}
	by := append([]*Node{features}, in[:len(names)]...)
	report := Stack(append([]*Node{total}, each...), 0)
	return append([]*Node{report, out.Mean, out.Variance, out.Normalized}, Gradient(total, by...)...)
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
