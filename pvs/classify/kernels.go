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

// Kernels is the head on a CPU without a backend: what [Head.Graph], [Loss] and [Correct] give and,
// in training, the gradients, multiplied by package effnet/cpu. It is not for concurrent use.
type Kernels struct {
	head   Head
	dense  *cpu.Dense
	values map[string][]float32
	out    Outcome // of the last batch, whose room the next one takes
	x      []float32
}

// Batch is the rows that a head trains on; all of them count.
type Batch struct {
	Features []float32 // [rows, features]
	Labels   []int32   // [rows]
	Dropout  float32   // the share of values that are dropped
	Noise    []float32 // as that of [Options]; nil where nothing is dropped
}

// Outcome is what a batch gives in training.
type Outcome struct {
	LossSum, Correct float64   // over rows
	Mean, Variance   []float32 // those of [Outputs]
	// Slopes are how the loss, the mean of the rows', falls with the features, [rows, features].
	Slopes []float32
}

// NewKernels makes room for a head where [cpu.Supports] float32.
func NewKernels(h Head) (*Kernels, error) {
	d, err := cpu.NewDense(h.Features, h.Classes)
	if err != nil {
		return nil, err
	}
	return &Kernels{head: h, dense: d}, nil
}

// ErrLoss is that of a [Kernels.Step] that was not taken, since its batch's loss is no number, or infinite.
var ErrLoss = errors.New("the loss of the batch is no number")

// Load takes the weights that [Head.Variables] lists, which are read where they are until the next
// load or [Kernels.Drop].
func (k *Kernels) Load(values map[string][]float32) error {
	for _, v := range k.head.Variables() {
		if err := v.Check(values[v.Name]); err != nil {
			return fmt.Errorf("the new top: %w", err)
		}
	}
	k.values = values
	return nil
}

// Drop forgets the weights, which may be written to or freed then.
func (k *Kernels) Drop() { k.values = nil }

// Evaluate returns the sum of the loss over rows of features [rows, features] with labels [rows] from 0 to
// classes-1, and how many were found, in inference.
func (k *Kernels) Evaluate(features []float32, labels []int32) (lossSum, correct float64, err error) {
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

// Gradients computes what a batch gives, which is good until the next one, and writes how the mean
// loss falls with each weight that trains, by its name and in its layout.
func (k *Kernels) Gradients(b Batch, to map[string][]float32) (Outcome, error) {
	places := map[string]cpu.Trained{}
	for name, gradients := range to {
		places[name] = cpu.Trained{Weights: gradients}
	}
	return k.train(b, nil, places)
}

// Step is Gradients that takes a step of Adam with them: weights are all that train, those of the last
// load, with their moments. With an error none is changed: if the batch's loss is no number that is
// [ErrLoss], with the loss.
func (k *Kernels) Step(b Batch, a cpu.Adam, weights map[string]cpu.Trained) (Outcome, error) {
	return k.train(b, &a, weights)
}

func (k *Kernels) train(b Batch, a *cpu.Adam, to map[string]cpu.Trained) (Outcome, error) {
	if err := k.check(b.Features, b.Labels); err != nil {
		return Outcome{}, err
	}
	if !(b.Dropout >= 0 && b.Dropout < 1) || b.Dropout > 0 && len(b.Noise) != len(b.Features) {
		return Outcome{}, fmt.Errorf("dropout of %g of %d values needs as much noise, not %d, and a share from 0 on below 1", b.Dropout, len(b.Features), len(b.Noise))
	}
	for _, v := range k.head.Variables() {
		if t := to[v.Name]; !v.Statistic() && !t.Fits(v.Size(), a != nil) {
			return Outcome{}, fmt.Errorf("the new top has %d gradients of %s, not those of %d weights with their moments", v.Size(), v.Name, len(t.Weights))
		}
	}
	dim, size := k.head.Features, len(b.Features)
	k.x, k.out.Slopes = room(k.x, size), room(k.out.Slopes, size)
	k.out.Mean, k.out.Variance = room(k.out.Mean, dim), room(k.out.Variance, dim)
	out, x := k.out, k.x
	k.columns(func(from, to int) {
		moments(b.Features, dim, from, to, out.Mean, out.Variance)
		k.normalize(b.Features, out.Mean, inverse(out.Variance[from:to]), x, from, to)
		b.drop(x, dim, from, to)
	})
	slopes, lossSum, correct, err := k.loss(x, b.Labels)
	if err != nil {
		return Outcome{}, err
	}
	out.LossSum, out.Correct = lossSum, correct
	if a != nil && (math.IsNaN(lossSum) || math.IsInf(lossSum, 0)) {
		return out, ErrLoss
	}
	bias, gamma, beta := make([]float32, k.head.Classes), make([]float32, dim), make([]float32, dim)
	if err := k.dense.Backward(x, k.values[Kernel], slopes, out.Slopes, bias, a, to[Kernel]); err != nil {
		return Outcome{}, err
	}
	k.columns(func(from, to int) {
		b.drop(out.Slopes, dim, from, to)
		k.normalizeBack(b.Features, out, gamma, beta, from, to)
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

// room is a slice of n values, x if it is long enough.
func room(x []float32, n int) []float32 { return slices.Grow(x[:0], n)[:n] }

func (k *Kernels) check(features []float32, labels []int32) error {
	if k.values == nil {
		return errors.New("the new top has no weights: load them first")
	}
	if len(labels) == 0 || len(features) != len(labels)*k.head.Features {
		return fmt.Errorf("%d features do not fit %d labels: the new top takes %d a row", len(features), len(labels), k.head.Features)
	}
	for i, label := range labels {
		if label < 0 || int(label) >= k.head.Classes {
			return fmt.Errorf("row %d has class %d; the new top has %d", i, label, k.head.Classes)
		}
	}
	return nil
}

// columns shares the features among all cores.
func (k *Kernels) columns(f func(from, to int)) {
	cores.Ranges(k.head.Features, runtime.GOMAXPROCS(0), func(_, from, to int) { f(from, to) })
}

// moments computes the mean and the biased variance of some columns.
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

// normalize applies the BatchNorm to some columns.
func (k *Kernels) normalize(x, mean, inverse, out []float32, from, to int) {
	mean, gamma, beta := mean[from:to], k.values[Gamma][from:to], k.values[Beta][from:to]
	for at := 0; at < len(x); at += k.head.Features {
		out := out[at+from : at+to]
		for j, v := range x[at+from : at+to] {
			out[j] = (v-mean[j])*inverse[j]*gamma[j] + beta[j]
		}
	}
}

// normalizeBack makes of the gradients of what the BatchNorm gives, in out.Slopes, those of what
// enters it, and computes those of its weights (Ioffe & Szegedy 2015, section 3).
func (k *Kernels) normalizeBack(x []float32, out Outcome, gamma, beta []float32, from, to int) {
	dim, mean, inverse := k.head.Features, out.Mean[from:to], inverse(out.Variance[from:to])
	sums, products := make([]float64, to-from), make([]float64, to-from)
	for at := 0; at < len(x); at += dim {
		slopes := out.Slopes[at+from : at+to]
		for j, v := range x[at+from : at+to] {
			sums[j] += float64(slopes[j])
			products[j] += float64(slopes[j] * (v - mean[j]) * inverse[j])
		}
	}
	n, scale := float64(len(x)/dim), k.values[Gamma][from:to]
	sum, product := make([]float32, to-from), make([]float32, to-from)
	for j := range sums {
		beta[from+j], gamma[from+j] = float32(sums[j]), float32(products[j])
		sum[j], product[j] = float32(sums[j]/n), float32(products[j]/n)
	}
	for at := 0; at < len(x); at += dim {
		slopes := out.Slopes[at+from : at+to]
		for j, v := range x[at+from : at+to] {
			normal := (v - mean[j]) * inverse[j]
			slopes[j] = scale[j] * inverse[j] * (slopes[j] - sum[j] - normal*product[j])
		}
	}
}

// drop applies dropout to some columns; its gradient is the same. What is no number stays so, as in the graph.
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

// loss computes, of what enters the softmax's layer, how the mean loss falls with the logits, [rows,
// Width()], and its sum over the rows, and how many were found.
func (k *Kernels) loss(x []float32, labels []int32) (slopes []float32, lossSum, correct float64, err error) {
	logits := make([]float32, len(labels)*k.dense.Width())
	if err := k.dense.Forward(x, k.values[Kernel], k.values[Bias], logits); err != nil {
		return nil, 0, 0, err
	}
	found, err := k.dense.Softmax(logits, labels)
	if err != nil {
		return nil, 0, 0, err
	}
	for _, f := range found {
		lossSum += f.Loss
		if f.Is {
			correct++
		}
	}
	return logits, lossSum, correct, nil
}
