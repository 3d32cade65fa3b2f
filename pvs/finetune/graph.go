package finetune

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// program names what is compiled once and used by every phase that it fits.
type program struct {
	kind      string
	trains    Trains
	batchNorm bool
	input     Input
	margin    float64
	metric    siamese.Metric
	classes   int // of the classifier that is on; 0: none
}

// inputs are the parameters of the graphs that train a classifier.
type inputs struct {
	x         *Node // [rows, ...], what enters at phase's input
	labels    *Node // [rows] int32
	weights   *Node // [rows], 0 for padding rows
	stepSize  *Node // scalar, Adam's
	dropout   *Node // scalar
	dropNoise *Node // [rows, features]
	pathNoise *Node // [rows, blocks]
}

// backbone runs the network from the phase's input to the pooled features. With train
// it is differentiable, with the noise of stochastic depth and, if they train, with the
// BatchNorms' own statistics.
func (s *Session) backbone(scope *model.Scope, in inputs, train bool) *effnet.Outputs {
	opts := effnet.Options{Formulation: s.engine.Formulation, Precision: s.engine.Precision, Weights: in.weights}
	if train {
		opts.Train, opts.DropConnect, opts.Noise = true, s.opts.DropConnect, in.pathNoise
		opts.BatchStatistics = s.phase.BatchNorm
	}
	switch s.input {
	case FromFeatures:
		return &effnet.Outputs{Features: in.x}
	case FromBlock:
		return s.config.From(scope, in.x, lastStage, opts)
	}
	return s.config.Graph(scope, in.x, opts)
}

// head is the classifier's loss on features, with its sum over rows and the correct rows.
func (s *Session) head(scope *model.Scope, features *Node, in inputs) (loss, report *Node, out classify.Outputs) {
	out = s.top.Graph(scope, features, classify.Options{Train: true, Dropout: in.dropout, Noise: in.dropNoise,
		Weights: in.weights})
	loss = classify.Loss(out.Logits, in.labels, in.weights)
	rows := ReduceAllSum(in.weights)
	return loss, Stack([]*Node{Mul(loss, rows), classify.Correct(out.Logits, in.labels, in.weights)}, 0), out
}

// stepGraph is a whole step of a classifier: loss, gradients, Adam, moving statistics.
func (s *Session) stepGraph(scope *model.Scope, in inputs) *Node {
	net := s.backbone(scope, in, true)
	loss, report, out := s.head(scope, net.Features, in)
	gradients := Gradient(loss, s.nodes(loss.Graph(), s.trainable)...)
	of := len(s.ofBackbone())
	s.update(s.ofBackbone(), gradients[:of], in.stepSize)
	s.update(s.ofHead(), gradients[of:], in.stepSize)
	s.moveTop(out)
	for layer, stat := range net.Statistics {
		s.move(layer+"/moving_mean", stat.Mean)
		s.move(layer+"/moving_variance", stat.Variance)
	}
	return report
}

// headGraph is the classifier's part of a step in micro-batches: it trains the head on
// all rows' features and returns the gradients of the features.
func (s *Session) headGraph(scope *model.Scope, in inputs) (report, gradient *Node) {
	loss, report, out := s.head(scope, in.x, in)
	names := s.ofHead()
	gradients := Gradient(loss, append(s.nodes(loss.Graph(), names), in.x)...)
	s.update(names, gradients[:len(names)], in.stepSize)
	s.moveTop(out)
	return report, gradients[len(names)]
}

// backwardGraph adds a micro-batch's gradients of the backbone's weights to their sums.
// Gradient [rows, features] is that of the features. Share is the
// micro-batch's part of the batch, by which its statistics are weighed.
func (s *Session) backwardGraph(scope *model.Scope, in inputs, gradient, share *Node) *Node {
	net := s.backbone(scope, in, true)
	inner := ReduceAllSum(Mul(net.Features, gradient))
	names := s.ofBackbone()
	for i, g := range Gradient(inner, s.nodes(inner.Graph(), names)...) {
		s.addToSum(names[i], g)
	}
	for layer, stat := range net.Statistics {
		s.addToSum(layer+"/moving_mean", Mul(stat.Mean, share))
		s.addToSum(layer+"/moving_variance", Mul(stat.Variance, share))
	}
	return inner
}

// applyGraph takes Adam's step with the sums of gradients and clears them.
func (s *Session) applyGraph(stepSize *Node) *Node {
	var gradients []*Node
	for _, name := range s.ofBackbone() {
		gradients = append(gradients, s.takeSum(name, stepSize))
	}
	s.update(s.ofBackbone(), gradients, stepSize)
	for _, name := range s.statistics() {
		s.move(name, s.takeSum(name, stepSize))
	}
	return stepSize
}

// addToSum adds a micro-batch's part to a sum.
func (s *Session) addToSum(name string, part *Node) {
	sum := sumOf(name)
	s.change(sum, Add(s.store.GetVariable("/"+sum).NodeValue(part), part))
}

// takeSum returns a sum and clears it.
func (s *Session) takeSum(name string, g *Node) *Node {
	sum := sumOf(name)
	value := s.store.GetVariable("/" + sum).NodeValue(g)
	s.change(sum, ZerosLike(value))
	return value
}

// siameseGraph is a whole step of the Siamese head on features x [rows, features] with
// the photos as labels.
func (s *Session) siameseGraph(scope *model.Scope, x, photos, stepSize *Node) *Node {
	loss := s.tripletLoss(scope, x, photos)
	s.update(s.trainable, Gradient(loss.Value, s.nodes(x.Graph(), s.trainable)...), stepSize)
	return tripletReport(loss)
}

func (s *Session) tripletLoss(scope *model.Scope, x, photos *Node) siamese.Loss {
	if s.top.Classes > 0 {
		x = s.top.Normalize(scope, x)
	}
	return siamese.TripletLoss(s.project.Graph(scope, x), photos, s.phase.Metric, s.phase.Margin)
}

func tripletReport(loss siamese.Loss) *Node {
	return Stack([]*Node{loss.Value, loss.Pairs, loss.Active, loss.MeanPositive, loss.MeanNegative}, 0)
}

// evaluateGraph is the loss in inference.
func (s *Session) evaluateGraph(scope *model.Scope, in inputs) *Node {
	features := s.backbone(scope, in, false).Features
	out := s.top.Graph(scope, features, classify.Options{})
	sum := Mul(classify.Loss(out.Logits, in.labels, in.weights), ReduceAllSum(in.weights))
	return Stack([]*Node{sum, classify.Correct(out.Logits, in.labels, in.weights)}, 0)
}

// nodes returns the values of weights in a graph.
func (s *Session) nodes(g *Graph, names []string) []*Node {
	var nodes []*Node
	for _, name := range names {
		nodes = append(nodes, s.store.GetVariable("/"+name).NodeValue(g))
	}
	return nodes
}

// moveTop moves the classifier's statistics.
func (s *Session) moveTop(out classify.Outputs) {
	s.move(classify.MovingMean, out.Mean)
	s.move(classify.MovingVariance, out.Variance)
}

// move takes a moving statistic (1 - momentum) of the way to a batch's.
func (s *Session) move(name string, batch *Node) {
	old := s.store.GetVariable("/" + name).NodeValue(batch)
	s.change(name, Add(old, MulScalar(Sub(batch, old), 1-classify.Momentum)))
}
