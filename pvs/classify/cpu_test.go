package classify

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// The CPU head's losses, statistics and gradients are the graph's.
func TestCPUHead(t *testing.T) {
	if !cpu.Supports(effnet.Float32) {
		t.Skip("the CPU engine does not run on this processor")
	}
	for _, h := range []Head{{Features: 8, Classes: 2}, {Features: 24, Classes: 37}, {Features: 64, Classes: 16}} {
		for _, rate := range []float32{0, 0.4} {
			t.Run(fmt.Sprint(h, rate), func(t *testing.T) {
				const rows = 21
				rng := rand.New(rand.NewPCG(1, uint64(h.Classes)))
				random := func(n int, from, to float32) []float32 {
					x := make([]float32, n)
					for i := range x {
						x[i] = from + (to-from)*rng.Float32()
					}
					return x
				}
				values := map[string][]float32{}
				for _, v := range h.Variables() {
					values[v.Name] = random(v.Size(), 0.1, 2)
				}
				values[Kernel] = random(len(values[Kernel]), -1, 1)
				b := Batch{Features: random(rows*h.Features, -1, 3), Labels: make([]int32, rows), Dropout: rate,
					Noise: random(rows*h.Features, 0, 1)}
				for i := range b.Labels {
					b.Labels[i] = int32(rng.IntN(h.Classes))
				}
				k, err := NewCPUHead(h)
				if err != nil {
					t.Fatal(err)
				}
				if err := k.Load(values); err != nil {
					t.Fatal(err)
				}
				gradients := map[string][]float32{}
				for _, v := range h.Variables() {
					if !v.Statistic() {
						gradients[v.Name] = make([]float32, v.Size())
					}
				}
				got, err := k.Gradients(b, gradients)
				if err != nil {
					t.Fatal(err)
				}
				want := trainGraph(t, h, values, b)
				for i, name := range []string{Gamma, Beta, Kernel, Bias} {
					alike(t, name, gradients[name], want[i])
				}
				alike(t, "feature gradients", got.FeatureGradients, want[4])
				alike(t, "mean", got.Mean, want[5])
				alike(t, "variance", got.Variance, want[6])
				alike(t, "loss and correct", []float32{float32(got.LossSum), float32(got.Correct)},
					[]float32{rows * want[7][0], want[7][1]})
				loss, correct, err := k.Evaluate(b.Features, b.Labels)
				if err != nil {
					t.Fatal(err)
				}
				alike(t, "evaluation", []float32{float32(loss), float32(correct)}, []float32{rows * want[7][2], want[7][3]})
				// A step is Adam's with those gradients; the features' gradients are those of the weights before it.
				a := cpu.Adam{StepSize: 0.01, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
				stepped, dFeatures := map[string]cpu.Trained{}, slices.Clone(got.FeatureGradients)
				for name := range gradients {
					stepped[name] = cpu.Trained{Weights: values[name], M: make([]float32, len(values[name])),
						V: make([]float32, len(values[name]))}
				}
				before := map[string][]float32{}
				for name, t := range stepped {
					before[name] = slices.Clone(t.Weights)
				}
				if got, err = k.Step(b, a, stepped); err != nil {
					t.Fatal(err)
				}
				alike(t, "feature gradients of a step", got.FeatureGradients, dFeatures)
				for name, w := range before {
					if err := a.Step(gradients[name], cpu.Trained{Weights: w, M: make([]float32, len(w)),
						V: make([]float32, len(w))}); err != nil {
						t.Fatal(err)
					}
					alike(t, "step of "+name, stepped[name].Weights, w)
				}
				if _, err := k.Step(b, a, nil); err == nil {
					t.Error("a step without weights is taken")
				}
				b.Labels[3] = int32(h.Classes)
				if _, err := k.Gradients(b, gradients); err == nil {
					t.Error("a class that the head does not have trains")
				}
				if _, _, err := k.Evaluate(b.Features[1:], b.Labels[1:]); err == nil {
					t.Error("half a row is evaluated")
				}
			})
		}
	}
}

// trainGraph returns the gradients of the weights and of the features, the statistics, and loss
// and correct rows in training and in inference.
func trainGraph(t *testing.T, h Head, values map[string][]float32, b Batch) [][]float32 {
	t.Helper()
	backend, store := stored(t, h, values)
	exec, err := model.NewExec(backend, store, func(s *model.Scope, in []*graph.Node) []*graph.Node {
		x, noise, labels := in[0], in[1], in[2]
		out := h.Graph(s, x, Options{Train: true, Dropout: graph.Const(x.Graph(), b.Dropout), Noise: noise})
		loss := Loss(out.Logits, labels, nil)
		of := []*graph.Node{}
		for _, name := range []string{Gamma, Beta, Kernel, Bias} {
			of = append(of, store.GetVariable("/"+name).NodeValue(x))
		}
		logits := h.Graph(s, x, Options{}).Logits
		report := graph.Stack([]*graph.Node{loss, Correct(out.Logits, labels, nil), Loss(logits, labels, nil),
			Correct(logits, labels, nil)}, 0)
		return append(graph.Gradient(loss, append(of, x)...), out.Mean, out.Variance, report)
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := len(b.Labels)
	nodes, err := exec.Exec(tensors.FromFlatDataAndDimensions(b.Features, rows, h.Features),
		tensors.FromFlatDataAndDimensions(b.Noise, rows, h.Features), b.Labels)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float32
	for _, n := range nodes {
		out = append(out, tensors.MustCopyFlatData[float32](n))
	}
	return out
}

// alike holds values to 1e-5 of the largest.
func alike(t *testing.T, what string, got, want []float32) {
	t.Helper()
	most := 1e-3
	for _, v := range want {
		most = max(most, math.Abs(float64(v)))
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i] - v)); !(d <= 1e-5*most) {
			t.Errorf("%s: value %d is %g, want %g", what, i, got[i], v)
			return
		}
	}
}
