package fit

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/losses"
	"github.com/gopvs/product-visual-search/pvs/neck"
	"github.com/gopvs/product-visual-search/pvs/optimize"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// The head's weights by name, in a training's state.
const (
	headKernel  = "fit/kernel"          // [features, dim]
	headGamma   = "fit/gamma"           // [dim]
	headClasses = "fit/classes"         // [classes, 1, dim]
	headMean    = "fit/moving_mean"     // [dim]
	headVar     = "fit/moving_variance" // [dim]
)

// movingMomentum is how much of the moving statistics a step keeps, PyTorch's default.
const movingMomentum = 0.9

// head is projection, BNNeck and losses, as one graph on a backend; its weights are the caller's.
type head struct {
	features, dim, classes int
	terms                  []term
	exec                   *graph.Exec
}

func newHead(b compute.Backend, r Recipe, features, classes int) (*head, error) {
	terms, err := r.terms(classes)
	if err != nil {
		return nil, err
	}
	h := &head{features: features, dim: r.Dim, classes: classes, terms: terms}
	h.exec, err = graph.NewExec(b, func(in []*graph.Node) []*graph.Node { return headGraph(terms, in) })
	if err != nil {
		return nil, fmt.Errorf("building the losses: %w", err)
	}
	return h, nil
}

// weights lists those that train.
func (h *head) weights() []string {
	names := []string{headKernel, headGamma}
	if h.classWeights() != nil {
		names = append(names, headClasses)
	}
	return names
}

// classWeights is the shape of the class weights, nil without any.
func (h *head) classWeights() []int {
	for _, t := range h.terms {
		if shape := t.loss.ClassWeights(h.dim); shape != nil {
			return shape
		}
	}
	return nil
}

// initial are the weights that a training starts from: a projection that about keeps lengths, class weights that are
// far from each other.
func (h *head) initial(seed uint64) optimize.Tensors {
	rng := rand.New(rand.NewPCG(seed, 3))
	kernel := make([]float32, h.features*h.dim)
	for i := range kernel {
		kernel[i] = float32(rng.NormFloat64() / math.Sqrt(float64(h.features)))
	}
	values := optimize.Tensors{headKernel: kernel, headGamma: ones(h.dim), headMean: make([]float32, h.dim),
		headVar: ones(h.dim)}
	if shape := h.classWeights(); shape != nil {
		values[headClasses] = losses.InitialClassWeights(shape, seed)
	}
	return values
}

func ones(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// step computes the losses of features [rows, features] with labels, the gradients of weights and features, and moves
// the moving statistics.
func (h *head) step(features []float32, labels []int32, values, gradients optimize.Tensors,
	ofFeatures []float32) ([]float32, error) {
	args := []any{
		tensors.FromFlatDataAndDimensions(features, len(labels), h.features),
		tensors.FromFlatDataAndDimensions(labels, len(labels)),
		tensors.FromFlatDataAndDimensions(values[headKernel], h.features, h.dim),
		tensors.FromFlatDataAndDimensions(values[headGamma], h.dim),
	}
	if shape := h.classWeights(); shape != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(values[headClasses], shape...))
	}
	out, err := h.exec.Call(args...)
	if err != nil {
		return nil, fmt.Errorf("the losses: %w", err)
	}
	report := make([]float32, 1+len(h.terms))
	mean, variance := make([]float32, h.dim), make([]float32, h.dim)
	to := [][]float32{report, mean, variance, ofFeatures}
	for _, name := range h.weights() {
		if gradients[name] == nil {
			gradients[name] = make([]float32, len(values[name]))
		}
		to = append(to, gradients[name])
	}
	for i, t := range out {
		if err := copyTo(t, to[i]); err != nil {
			return nil, err
		}
	}
	if l := float64(report[0]); math.IsNaN(l) || math.IsInf(l, 0) {
		return report, optimize.ErrNotFinite
	}
	move(values[headMean], mean)
	move(values[headVar], variance)
	return report, nil
}

// move takes moving statistics a step towards a batch's.
func move(to, batch []float32) {
	for i, v := range batch {
		to[i] += (v - to[i]) * (1 - movingMomentum)
	}
}

// folded returns projection and BatchNorm in inference mode as the one dense layer of a Siamese head.
func folded(values optimize.Tensors) map[string][]float32 {
	dim := len(values[headGamma])
	kernel, bias := make([]float32, len(values[headKernel])), make([]float32, dim)
	factor := make([]float32, dim)
	for j := range factor {
		factor[j] = values[headGamma][j] / float32(math.Sqrt(float64(values[headVar][j])+neck.Epsilon))
		bias[j] = -values[headMean][j] * factor[j]
	}
	for i, v := range values[headKernel] {
		kernel[i] = v * factor[i%dim]
	}
	return map[string][]float32{siamese.Kernel: kernel, siamese.Bias: bias}
}

func (h *head) close() { h.exec.Finalize() }
