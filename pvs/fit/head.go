package fit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/losses"
	"github.com/gopvs/product-visual-search/pvs/neck"
	"github.com/gopvs/product-visual-search/pvs/optimize"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// The head's weights by name, in a training's state.
const (
	headKernel  = "fit/kernel"          // [features, dim]
	headGamma   = "fit/gamma"           // [dim]
	headClasses = "fit/classes"         // [classes, sub-centres, dim]
	headProxies = "fit/proxies"         // [classes, 1, dim]
	headWords   = "fit/words"           // [words, 1, dim]
	headMean    = "fit/moving_mean"     // [dim]
	headVar     = "fit/moving_variance" // [dim]
)

// movingMomentum is how much of the moving statistics a step keeps, PyTorch's default.
const movingMomentum = 0.9

// head is projection, BNNeck and losses, as one graph on a backend; its weights are the caller's.
type head struct {
	features, dim int
	terms         []term
	memory        *losses.Queue // nil: none
	exec          *graph.Exec
	embeddings    []float32 // of the last batch
}

func newHead(b compute.Backend, r Recipe, features int, n counts) (*head, error) {
	terms, err := r.terms(n)
	if err != nil {
		return nil, err
	}
	h := &head{features: features, dim: r.Dim, terms: terms, embeddings: make([]float32, r.Batch()*r.Dim)}
	if r.Memory > 0 && slices.ContainsFunc(terms, term.ofPairs) {
		if h.memory, err = losses.NewQueue(r.Memory, r.Dim); err != nil {
			return nil, err
		}
	}
	if h.exec, err = graph.NewExec(b, h.graph); err != nil {
		return nil, fmt.Errorf("building the losses: %w", err)
	}
	return h, nil
}

// weights lists those that train.
func (h *head) weights() []string {
	names := []string{headKernel, headGamma}
	for _, t := range h.terms {
		if t.classes != "" {
			names = append(names, t.classes)
		}
	}
	return names
}

// shape is that of a weight that trains.
func (h *head) shape(name string) []int {
	switch name {
	case headKernel:
		return []int{h.features, h.dim}
	case headGamma:
		return []int{h.dim}
	}
	of := slices.IndexFunc(h.terms, func(t term) bool { return t.classes == name })
	return h.terms[of].loss.ClassWeights(h.dim)
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
	for _, name := range h.weights()[2:] {
		values[name] = losses.InitialClassWeights(h.shape(name), seed)
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

// takesWords says whether a loss is of the words of titles.
func (h *head) takesWords() bool { return slices.ContainsFunc(h.terms, term.ofWords) }

// step computes the losses of features [rows, features] with targets, the gradients of weights and features, and moves
// the moving statistics.
func (h *head) step(features []float32, of targets, values, gradients optimize.Tensors,
	ofFeatures []float32) ([]float32, error) {
	rows := len(of.labels)
	args := []any{
		tensors.FromFlatDataAndDimensions(features, rows, h.features),
		tensors.FromFlatDataAndDimensions(of.labels, rows),
	}
	if h.takesWords() {
		args = append(args, tensors.FromFlatDataAndDimensions(of.words, rows, mostWords))
	}
	for _, name := range h.weights() {
		args = append(args, tensors.FromFlatDataAndDimensions(values[name], h.shape(name)...))
	}
	if h.memory != nil {
		rows, of := h.memory.Rows()
		args = append(args, tensors.FromFlatDataAndDimensions(rows, len(of), h.dim),
			tensors.FromFlatDataAndDimensions(of, len(of)))
	}
	out, err := h.exec.Call(args...)
	if err != nil {
		return nil, fmt.Errorf("the losses: %w", err)
	}
	report := make([]float32, 1+len(h.terms))
	mean, variance := make([]float32, h.dim), make([]float32, h.dim)
	to := [][]float32{report, mean, variance, h.embeddings, ofFeatures}
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

// remember puts the last batch's embeddings into the memory.
func (h *head) remember(labels []int32) error {
	if h.memory == nil {
		return nil
	}
	return h.memory.Push(h.embeddings[:len(labels)*h.dim], labels)
}

// move takes moving statistics a step towards a batch's.
func move(to, batch []float32) {
	for i, v := range batch {
		to[i] += (v - to[i]) * (1 - movingMomentum)
	}
}

// folded returns projection and BatchNorm in inference mode as the one dense layer of a Siamese head.
func folded(values optimize.Tensors) map[string][]float32 {
	d := foldedHead(values)
	return map[string][]float32{siamese.Kernel: d.Kernel, siamese.Bias: d.Bias}
}

// foldedHead returns them as a dense layer.
func foldedHead(values optimize.Tensors) *whiten.Dense {
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
	return &whiten.Dense{In: len(kernel) / dim, Out: dim, Kernel: kernel, Bias: bias}
}

func (h *head) close() { h.exec.Finalize() }
