package finetune

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// The journey's optimizer is Keras's Adam, as a graph here and in C in effnet/cpu/adam.h; package optimize has the
// AdamW of package fit. These are Keras's defaults (keras/optimizers/adam.py).
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-7
)

// moments are the names of the optimizer's state of a weight.
func moments(name string) [2]string { return [2]string{"adam_m/" + name, "adam_v/" + name} }

// held are weights whose moments are one vector or tensor: a large weight's by themselves,
// those of all smaller ones one after the other in one vector. XLA compiles Adam's
// loops anew for each shape, of which B0 has 60.
type held struct {
	name    string // its moments are moments(name)
	weights []string
	sizes   []int // values of each weight
	dims    []int // of the moments
}

// sharedUpTo is how many values a weight has at most that shares a vector: its gradient
// is copied there, which would cost steps more than it saves once for the few larger ones.
const sharedUpTo = 1 << 17

// size is the number of values of each moment.
func (h held) size() int {
	n := 0
	for _, size := range h.sizes {
		n += size
	}
	return n
}

// hold says where the moments of weights are that are updated together.
func (s *Session) hold(weights []string) []held {
	var all []held
	var shared held
	for _, name := range weights {
		shape := s.store.GetVariable("/" + name).Shape()
		size := shape.Size()
		if size > s.sharedUpTo {
			all = append(all, held{name: name, weights: []string{name}, sizes: []int{size}, dims: shape.Dimensions})
			continue
		}
		shared.weights, shared.sizes = append(shared.weights, name), append(shared.sizes, size)
	}
	if len(shared.weights) > 0 {
		shared.name = fmt.Sprintf("%d from %s", len(shared.weights), shared.weights[0])
		shared.dims = []int{shared.size()}
		all = append(all, shared)
	}
	return all
}

// stepSize is Adam's step size: the learning rate with the bias corrections of both moments, as
// keras/optimizers/adam.py computes it.
func (s *Session) stepSize() float32 {
	t := float64(s.iterations + 1)
	return float32(s.phase.LearningRate * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t)))
}

// update takes Adam's step for weights with their gradients.
func (s *Session) update(weights []string, gradients []*graph.Node, stepSize *graph.Node) {
	gradient := map[string]*graph.Node{}
	for i, name := range weights {
		gradient[name] = gradients[i]
	}
	for _, h := range s.hold(weights) {
		var parts []*graph.Node
		for _, name := range h.weights {
			parts = append(parts, graph.Reshape(gradient[name], -1))
		}
		change := s.adamOf(h.name, graph.Reshape(graph.Concatenate(parts, 0), h.dims...), stepSize)
		for i, part := range h.split(change) {
			w := s.store.GetVariable("/" + h.weights[i])
			s.change(h.weights[i], graph.Sub(w.NodeValue(part), graph.Reshape(part, w.Shape().Dimensions...)))
		}
	}
}

// split cuts what was computed for all weights into a vector for each. Where the backend
// can, offsets are values and not part of the code, so that XLA compiles weights of one size
// once; the barrier keeps it from knowing them.
func (h held) split(x *graph.Node) []*graph.Node {
	if len(h.weights) == 1 {
		return []*graph.Node{x}
	}
	var parts []*graph.Node
	from := 0
	if !x.Graph().Backend().Capabilities().Operations[compute.OpTypeDynamicSlice] {
		for _, n := range h.sizes {
			parts = append(parts, graph.Slice(x, graph.AxisRange(from, from+n)))
			from += n
		}
		return parts
	}
	barred := []*graph.Node{x}
	for _, n := range h.sizes {
		barred = append(barred, graph.Scalar(x.Graph(), dtypes.Int32, from))
		from += n
	}
	barred = graph.OptimizationBarriers(barred...)
	for i, n := range h.sizes {
		parts = append(parts, graph.DynamicSlice(barred[0], barred[i+1:i+2], []int{n}))
	}
	return parts
}

// adamOf returns what one step of Keras's Adam (Kingma & Ba 2015, the form before section 2.1's
// last paragraph: epsilon is added to the uncorrected root, the step size carries both
// corrections) takes from the weights. GoMLX's corrects the moments instead, so that epsilon weighs
// otherwise.
func (s *Session) adamOf(name string, gradient, stepSize *graph.Node) *graph.Node {
	value := func(path string) *graph.Node { return s.store.GetVariable("/" + path).NodeValue(gradient) }
	of := moments(name)
	m, v := value(of[0]), value(of[1])
	m = graph.Add(m, graph.MulScalar(graph.Sub(gradient, m), 1-beta1))
	v = graph.Add(v, graph.MulScalar(graph.Sub(graph.Square(gradient), v), 1-beta2))
	s.change(of[0], m)
	s.change(of[1], v)
	return graph.Div(graph.Mul(m, stepSize), graph.AddScalar(graph.Sqrt(v), epsilon))
}
