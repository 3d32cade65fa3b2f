package classify

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// CPUHead is the head on the CPU engine (package effnet/cpu), without a backend: outputs, loss and correct
// predictions are those of [Head.Graph], [Loss] and [Correct], and it trains. It is not for concurrent use.
type CPUHead struct {
	head   Head
	dense  *cpu.Dense
	values map[string][]float32
	out    Outcome // of the last batch; the next one reuses its slices
	x      []float32
}

// Batch is the rows that a head trains on; all of them count.
type Batch struct {
	Features []float32 // [rows, features]
	Labels   []int32   // [rows]
	Dropout  float32   // the share of values that are dropped
	Noise    []float32 // that of [Options]; nil without dropout
}

// Outcome is the result of training on a batch.
type Outcome struct {
	LossSum, Correct float64   // over rows
	Mean, Variance   []float32 // those of [Outputs]
	// FeatureGradients are the gradients of the rows' mean loss, [rows, features].
	FeatureGradients []float32
}

// NewCPUHead makes a head where [cpu.Supports] float32.
func NewCPUHead(h Head) (*CPUHead, error) {
	d, err := cpu.NewDense(h.Features, h.Classes)
	if err != nil {
		return nil, err
	}
	return &CPUHead{head: h, dense: d}, nil
}

// ErrLoss is the error of a [CPUHead.Step] that was not taken, since its batch's loss is NaN or infinite.
var ErrLoss = errors.New("the loss of the batch is NaN or infinite")

// Load takes the weights that [Head.Variables] lists. They are not copied: they are read until the next Load or
// [CPUHead.Drop].
func (k *CPUHead) Load(values map[string][]float32) error {
	for _, v := range k.head.Variables() {
		if err := v.Check(values[v.Name]); err != nil {
			return fmt.Errorf("the new top: %w", err)
		}
	}
	k.values = values
	return nil
}

// Drop drops the weights, which may be written to or freed then.
func (k *CPUHead) Drop() { k.values = nil }

// Evaluate returns, in inference mode, the sum of the loss over rows of features [rows, features] with labels [rows]
// from 0 to classes-1, and how many predictions are correct.
func (k *CPUHead) Evaluate(features []float32, labels []int32) (lossSum, correct float64, err error) {
	if err := k.check(features, labels); err != nil {
		return 0, 0, err
	}
	embedding := make([]float32, len(features))
	k.columns(func(from, to int) {
		k.normalize(features, k.values[MovingMean], inverse(k.values[MovingVariance][from:to]), embedding, from, to)
	})
	_, lossSum, correct, err = k.loss(embedding, labels)
	return lossSum, correct, err
}

// Gradients computes a batch's outcome, which is good until the next one, and writes the gradients of the mean loss
// with respect to each weight that trains, by its name and in its layout.
func (k *CPUHead) Gradients(b Batch, to map[string][]float32) (Outcome, error) {
	targets := map[string]cpu.Trained{}
	for name, gradients := range to {
		targets[name] = cpu.Trained{Weights: gradients}
	}
	return k.train(b, nil, targets)
}

// Step is Gradients that takes a step of Adam: weights are all that train, those of the last Load, with their
// moments. With an error none is changed: if the batch's loss is NaN or infinite that is [ErrLoss], with the outcome.
func (k *CPUHead) Step(b Batch, a cpu.Adam, weights map[string]cpu.Trained) (Outcome, error) {
	return k.train(b, &a, weights)
}

func (k *CPUHead) train(b Batch, a *cpu.Adam, to map[string]cpu.Trained) (Outcome, error) {
	if err := k.check(b.Features, b.Labels); err != nil {
		return Outcome{}, err
	}
	if !(b.Dropout >= 0 && b.Dropout < 1) || b.Dropout > 0 && len(b.Noise) != len(b.Features) {
		return Outcome{}, fmt.Errorf("dropout of %g of %d values needs as much noise, not %d, and a share from 0 on below 1",
			b.Dropout, len(b.Features), len(b.Noise))
	}
	for _, v := range k.head.Variables() {
		if t := to[v.Name]; !v.Statistic() && !t.Fits(v.Size(), a != nil) {
			return Outcome{}, fmt.Errorf("the new top has %d gradients of %s, not those of %d weights with their moments",
				v.Size(), v.Name, len(t.Weights))
		}
	}
	dim, size := k.head.Features, len(b.Features)
	k.x, k.out.FeatureGradients = resize(k.x, size), resize(k.out.FeatureGradients, size)
	k.out.Mean, k.out.Variance = resize(k.out.Mean, dim), resize(k.out.Variance, dim)
	out, x := k.out, k.x
	k.columns(func(from, to int) {
		moments(b.Features, dim, from, to, out.Mean, out.Variance)
		k.normalize(b.Features, out.Mean, inverse(out.Variance[from:to]), x, from, to)
		b.drop(x, dim, from, to)
	})
	dLogits, lossSum, correct, err := k.loss(x, b.Labels)
	if err != nil {
		return Outcome{}, err
	}
	out.LossSum, out.Correct = lossSum, correct
	if a != nil && (math.IsNaN(lossSum) || math.IsInf(lossSum, 0)) {
		return out, ErrLoss
	}
	bias, gamma, beta := make([]float32, k.head.Classes), make([]float32, dim), make([]float32, dim)
	if err := k.dense.Backward(x, k.values[Kernel], dLogits, out.FeatureGradients, bias, a, to[Kernel]); err != nil {
		return Outcome{}, err
	}
	k.columns(func(from, to int) {
		b.drop(out.FeatureGradients, dim, from, to)
		k.normalizeBackward(b.Features, out, gamma, beta, from, to)
	})
	for name, gradients := range map[string][]float32{Bias: bias, Gamma: gamma, Beta: beta} {
		if a == nil {
			copy(to[name].Weights, gradients)
		} else if err := a.Step(gradients, to[name]); err != nil {
			return Outcome{}, err
		}
	}
	return out, nil
}

// resize returns a slice of n values, x if it is long enough.
func resize(x []float32, n int) []float32 { return slices.Grow(x[:0], n)[:n] }

func (k *CPUHead) check(features []float32, labels []int32) error {
	if k.values == nil {
		return errors.New("the new top has no weights: load them first")
	}
	if len(labels) == 0 || len(features) != len(labels)*k.head.Features {
		return fmt.Errorf("%d features do not fit %d labels: the new top takes %d a row", len(features), len(labels),
			k.head.Features)
	}
	for i, label := range labels {
		if label < 0 || int(label) >= k.head.Classes {
			return fmt.Errorf("row %d has class %d; the new top has %d", i, label, k.head.Classes)
		}
	}
	return nil
}

// columns shares the features among all cores.
func (k *CPUHead) columns(f func(from, to int)) {
	cores.Ranges(k.head.Features, runtime.GOMAXPROCS(0), func(_, from, to int) { f(from, to) })
}

// moments computes the mean and the biased variance of columns [from, to).
func moments(x []float32, dim, from, to int, mean, variance []float32) {
	n, sums := float64(len(x)/dim), make([]float64, to-from)
	for at := 0; at < len(x); at += dim {
		for j, v := range x[at+from : at+to] {
			sums[j] += float64(v)
		}
	}
	for j, sum := range sums {
		mean[from+j], sums[j] = float32(sum/n), 0
	}
	for at := 0; at < len(x); at += dim {
		for j, v := range x[at+from : at+to] {
			d := float64(v - mean[from+j])
			sums[j] += d * d
		}
	}
	for j, sum := range sums {
		variance[from+j] = float32(sum / n)
	}
}

// inverse is 1/sqrt(variance + epsilon).
func inverse(variance []float32) []float32 {
	out := make([]float32, len(variance))
	for j, v := range variance {
		out[j] = float32(1 / math.Sqrt(float64(v)+Epsilon))
	}
	return out
}

// normalize applies the BatchNorm to columns [from, to).
func (k *CPUHead) normalize(x, mean, inverse, out []float32, from, to int) {
	mean, gamma, beta := mean[from:to], k.values[Gamma][from:to], k.values[Beta][from:to]
	for at := 0; at < len(x); at += k.head.Features {
		out := out[at+from : at+to]
		for j, v := range x[at+from : at+to] {
			out[j] = (v-mean[j])*inverse[j]*gamma[j] + beta[j]
		}
	}
}

// normalizeBackward replaces the gradients of the BatchNorm's output, out.FeatureGradients, by those of its input,
// and computes those of its weights (Ioffe & Szegedy 2015, section 3).
func (k *CPUHead) normalizeBackward(x []float32, out Outcome, gamma, beta []float32, from, to int) {
	dim, mean, inverse := k.head.Features, out.Mean[from:to], inverse(out.Variance[from:to])
	sums, products := make([]float64, to-from), make([]float64, to-from)
	for at := 0; at < len(x); at += dim {
		gradients := out.FeatureGradients[at+from : at+to]
		for j, v := range x[at+from : at+to] {
			sums[j] += float64(gradients[j])
			products[j] += float64(gradients[j] * (v - mean[j]) * inverse[j])
		}
	}
	n, scale := float64(len(x)/dim), k.values[Gamma][from:to]
	sum, product := make([]float32, to-from), make([]float32, to-from)
	for j := range sums {
		beta[from+j], gamma[from+j] = float32(sums[j]), float32(products[j])
		sum[j], product[j] = float32(sums[j]/n), float32(products[j]/n)
	}
	for at := 0; at < len(x); at += dim {
		gradients := out.FeatureGradients[at+from : at+to]
		for j, v := range x[at+from : at+to] {
			normal := (v - mean[j]) * inverse[j]
			gradients[j] = scale[j] * inverse[j] * (gradients[j] - sum[j] - normal*product[j])
		}
	}
}

// drop applies dropout to columns [from, to), or to their gradients. NaN stays NaN, as in the graph.
func (b Batch) drop(x []float32, dim, from, to int) {
	if b.Dropout == 0 {
		return
	}
	scale := 1 / (1 - b.Dropout)
	for at := 0; at < len(x); at += dim {
		x := x[at+from : at+to]
		for j, v := range b.Noise[at+from : at+to] {
			if v < b.Dropout {
				x[j] *= 0
			} else {
				x[j] *= scale
			}
		}
	}
}

// loss computes, from the input of the dense layer, the gradients of the mean loss with respect to the logits, [rows,
// Width()], the loss's sum over the rows, and how many predictions are correct.
func (k *CPUHead) loss(x []float32, labels []int32) (gradients []float32, lossSum, correct float64, err error) {
	logits := make([]float32, len(labels)*k.dense.Width())
	if err := k.dense.Forward(x, k.values[Kernel], k.values[Bias], logits); err != nil {
		return nil, 0, 0, err
	}
	rows, err := k.dense.Softmax(logits, labels)
	if err != nil {
		return nil, 0, 0, err
	}
	for _, r := range rows {
		lossSum += r.Loss
		if r.Correct {
			correct++
		}
	}
	return logits, lossSum, correct, nil
}
