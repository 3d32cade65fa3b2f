//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// trained lists the weights that have gradients: those from a block on, and BatchNorms' if they train.
func trained(c effnet.Config, from string, batchNorms bool) []string {
	var names []string
	reached := from == ""
	for _, v := range c.Variables() {
		reached = reached || strings.HasPrefix(v.Name, from+"_")
		norm := strings.Contains(v.Name, "bn/")
		if reached && !v.Statistic() && (batchNorms || !norm) {
			names = append(names, v.Name)
		}
	}
	return names
}

// gradients computes, by the graph, the features and the gradients of the sum of features * dFeatures.
func gradients(t *testing.T, b compute.Backend, c effnet.Config, values map[string][]float32, from string,
	batchNorms bool, x []float32, dims []int, dFeatures, noise []float32) (features []float32, of map[string][]float32) {
	t.Helper()
	store := model.NewStore()
	if err := c.Load(store.RootScope(), values); err != nil {
		t.Fatal(err)
	}
	names := trained(c, from, batchNorms)
	if effnet.Exponent(values) != 0 {
		names = append(names, effnet.PoolExponent)
	}
	var statistics []string
	exec, err := model.NewExec(b, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		opts := effnet.Options{Formulation: effnet.FormulationFor(b), Train: true, BatchStatistics: batchNorms}
		if noise != nil {
			opts.DropConnect, opts.Noise = 0.5, in[2]
		}
		var out *effnet.Outputs
		if from == "" {
			out = c.Graph(scope, in[0], opts)
		} else {
			out = c.From(scope, in[0], from, opts)
		}
		loss := graph.ReduceAllSum(graph.Mul(out.Features, in[1]))
		var weights []*graph.Node
		for _, name := range names {
			weights = append(weights, store.GetVariable("/"+name).NodeValue(loss))
		}
		nodes := append([]*graph.Node{out.Features}, graph.Gradient(loss, weights...)...)
		for _, layer := range slices.Sorted(maps.Keys(out.Statistics)) {
			nodes = append(nodes, out.Statistics[layer].Mean, out.Statistics[layer].Variance)
			statistics = append(statistics, layer+"/moving_mean", layer+"/moving_variance")
		}
		return nodes
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	in := []any{tensors.FromFlatDataAndDimensions(x, dims...), tensors.FromFlatDataAndDimensions(dFeatures, dims[0],
		c.Features())}
	if noise != nil {
		in = append(in, tensors.FromFlatDataAndDimensions(noise, dims[0], len(c.Blocks())))
	}
	outs, err := exec.Exec(in...)
	if err != nil {
		t.Fatal(err)
	}
	of = map[string][]float32{}
	for i, name := range append(names, statistics...) {
		of[name] = tensors.MustCopyFlatData[float32](outs[i+1])
	}
	return tensors.MustCopyFlatData[float32](outs[0]), of
}

// inputs are images, or, for a block, inputs of it, with their dimensions.
func inputs(c effnet.Config, size int, from string, rows int) (dims []int, x []float32) {
	if from == "" {
		return []int{rows, size, size, 3}, images(rows, size)
	}
	h, w, channels := c.InputOf(from, size)
	return []int{rows, h, w, channels}, normal(rows * h * w * channels)
}

// passes goes forward, to these features, and backward twice, since the first time leaves nothing behind, and returns
// the gradients.
func passes(t *testing.T, what string, n *cpu.Training, x, factors, dFeatures, features []float32,
	within float64) map[string][]float32 {
	t.Helper()
	got := map[string][]float32{}
	for range 2 {
		out := make([]float32, len(features))
		if err := n.Forward(x, factors, out); err != nil {
			t.Fatal(err)
		}
		same(t, what+": features", out, features, within)
		if err := n.Backward(dFeatures); err != nil {
			t.Fatal(err)
		}
		if err := n.Gradients(got); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// All gradients of networks of many widths and sizes are the graph's.
func TestGradients(t *testing.T) {
	b := pureGo(t)
	for i, c := range []struct {
		config     effnet.Config
		size       int
		from       string
		noise      bool
		batchNorms bool
		slow       bool // on the graph
	}{{mini, 64, "", false, false, false}, {mini, 45, "", true, false, false}, {mini, 33, "block7a", true, false, false},
		{mini, 1, "", false, false, false}, {lite, 70, "", true, false, false}, {wide, 97, "", true, false, true},
		{deep, 64, "", false, false, false}, {mini, 64, "", false, true, false}, {mini, 45, "", true, true, false},
		{lite, 70, "", true, true, false}, {wide, 97, "", true, true, false}, {deep, 64, "", false, true, true}} {
		if c.slow && os.Getenv("PVS_SLOW") == "" {
			continue
		}
		const rows = 5 // on two cores, three and two
		weights := values(c.config)
		dims, x := inputs(c.config, c.size, c.from, rows)
		dFeatures := normal(rows * c.config.Features())
		var noise, factors []float32
		if c.noise {
			noise, factors = branches(rows, len(c.config.Blocks()))
		}
		within, withinFeatures := 2e-4, 1e-5
		if c.batchNorms {
			within, withinFeatures = 1e-3, 1e-4 // statistics of few values amplify rounding
		}
		features, want := gradients(t, b, c.config, weights, c.from, c.batchNorms, x, dims, dFeatures, noise)
		for j, lanes := range cpu.Lanes() {
			if (i+j)%2 == 1 && os.Getenv("PVS_SLOW") == "" {
				continue // PVS_SLOW=1 takes all of them
			}
			n, err := cpu.NewTrainingFor(c.config, c.size, cpu.TrainingOptions{From: c.from, Norms: c.batchNorms}, lanes)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(n.Close)
			if err := n.Load(weights); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s, %d pixels, %d lanes", c.config.Title, c.size, lanes)
			got := passes(t, what, n, x, factors, dFeatures, features, withinFeatures)
			maps.Copy(got, n.Statistics())
			if len(got) != len(want) {
				t.Errorf("%s: there are %d gradients and statistics, not %d", what, len(got), len(want))
			}
			for name, values := range want {
				if layer, ok := strings.CutSuffix(name, "_project_bn/beta"); ok && c.batchNorms {
					// Another BatchNorm follows, which subtracts what beta adds: but for zeros around the positions nothing is left.
					// Its sums are as exact as gamma's.
					scale := layer + "_project_bn/gamma"
					got[name], values = slices.Concat(got[name], got[scale]), slices.Concat(values, want[scale])
				}
				if c.batchNorms && c.config.Lite {
					// Rounding takes some values over the corners of ReLU6, where a derivative is 0 or 1.
					if d := distance(got[name], values); !(d < 0.05) {
						t.Errorf("%s: %s differs by %g of its length", what, name, d)
					}
					continue
				}
				same(t, what+": "+name, got[name], values, within)
			}
		}
	}
}

// distance is that of two vectors, relative to the length of the second.
func distance(got, want []float32) float64 {
	off, length := 0.0, 0.0
	for i, v := range want {
		off += math.Pow(float64(got[i]-v), 2)
		length += math.Pow(float64(v), 2)
	}
	return math.Sqrt(off / length)
}

// The bytes that are saved are those that SavedBytes says, but for whole cache lines and the first block's input.
func TestSavedBytes(t *testing.T) {
	needsCPUEngine(t)
	b0, _ := effnet.Named("b0")
	for _, c := range []struct {
		config effnet.Config
		size   int
		from   string
	}{{b0, 224, ""}, {b0, 224, "block7a"}, {mini, 64, ""}, {lite, 70, ""}, {deep, 97, "block7a"}} {
		n, err := cpu.NewTraining(c.config, c.size, cpu.TrainingOptions{From: c.from})
		if err != nil {
			t.Fatal(err)
		}
		said, is := float64(cpu.SavedBytes(c.config, c.size, c.from)), float64(n.SavedBytes(16))/16
		if said < 0.99*is || said > 1.1*is {
			t.Errorf("%s, %d pixels, from %q: %.0f bytes are saved, not %.0f", c.config.Title, c.size, c.from, is, said)
		}
	}
}

// normal are n random values.
func normal(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// Trainings that cannot be are refused.
func TestBadTraining(t *testing.T) {
	needsCPUEngine(t)
	if _, err := cpu.NewTraining(mini, 64, cpu.TrainingOptions{From: "block1a"}); err == nil ||
		!strings.Contains(err.Error(), "block1a") {
		t.Errorf("the first block has nothing before it: %v", err)
	}
	if _, err := cpu.NewTraining(mini, 64, cpu.TrainingOptions{From: "block7a", Norms: true}); err == nil {
		t.Error("the BatchNorms before a block cannot train on what enters it")
	}
	n, err := cpu.NewTraining(mini, 64, cpu.TrainingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, features := images(1, 64), make([]float32, mini.Features())
	for what, err := range map[string]error{
		"no weights":           n.Load(nil),
		"gradients of nothing": n.Backward(features),
		"half an image":        n.Forward(x[:100], nil, features),
		"factors":              n.Forward(x, []float32{1}, features),
		"a short output":       n.Forward(x, nil, features[1:]),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// withMoments is a network's weights with moments of zero.
func withMoments(c effnet.Config, values map[string][]float32) map[string]cpu.Trained {
	all := map[string]cpu.Trained{}
	for _, v := range c.Variables() {
		all[v.Name] = cpu.Trained{Weights: slices.Clone(values[v.Name]), M: make([]float32, v.Size()),
			V: make([]float32, v.Size())}
	}
	return all
}

// A step is one of Adam with the gradients of all backward passes since the last.
func TestStep(t *testing.T) {
	needsCPUEngine(t)
	weights := mini.InitialValues(3)
	x, features, dFeatures := images(4, 64), make([]float32, 4*mini.Features()), normal(4*mini.Features())
	a := cpu.Adam{StepSize: 1e-3, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
	for _, batchNorms := range []bool{false, true} {
		n, err := cpu.NewTraining(mini, 64, cpu.TrainingOptions{Norms: batchNorms})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Load(weights); err != nil {
			t.Fatal(err)
		}
		back := func() {
			if err := n.Forward(x, nil, features); err != nil {
				t.Fatal(err)
			}
			if err := n.Backward(dFeatures); err != nil {
				t.Fatal(err)
			}
		}
		once, twice := map[string][]float32{}, map[string][]float32{}
		back()
		if err := n.Gradients(once); err != nil {
			t.Fatal(err)
		}
		back()
		back()
		if err := n.Gradients(twice); err != nil {
			t.Fatal(err)
		}
		back()
		got, want := withMoments(mini, weights), withMoments(mini, weights)
		if err := n.Step(a, got); err != nil {
			t.Fatal(err)
		}
		for name, gradients := range once {
			if batchNorms && strings.HasSuffix(name, "_project_bn/beta") {
				continue // rounding alone: the next BatchNorm subtracts what it adds
			}
			if err := a.Step(gradients, want[name]); err != nil {
				t.Fatal(err)
			}
			same(t, name, got[name].Weights, want[name].Weights, 1e-7)
			same(t, name+": second moments", got[name].V, want[name].V, 1e-3)
			for i := range gradients {
				gradients[i] *= 2
			}
			same(t, name+": twice", twice[name], gradients, 1e-3)
		}
		back()
		delete(got, "top_conv/kernel")
		if err := n.Step(a, got); err == nil || !strings.Contains(err.Error(), "top_conv/kernel") {
			t.Errorf("a step without a weight: %v", err)
		}
	}
}

// BenchmarkTraining reports the images a second of EfficientNet-B0's forward and backward passes
// with a step of Adam and the weights loaded anew, 224 x 224 in batches of 8.
func BenchmarkTraining(b *testing.B) { benchmark(b, cpu.TrainingOptions{}) }

func benchmark(b *testing.B, opts cpu.TrainingOptions) {
	c, _ := effnet.Named("b0")
	weights := c.InitialValues(1)
	x, features, dFeatures := images(8, 224), make([]float32, 8*c.Features()), normal(8*c.Features())
	_, factors := branches(8, len(c.Blocks()))
	for _, lanes := range cpu.Lanes() {
		n, err := cpu.NewTrainingFor(c, 224, opts, lanes)
		if err != nil {
			b.Fatal(err)
		}
		trained := withMoments(c, weights)
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) {
			for b.Loop() {
				if err := n.Load(weights); err != nil {
					b.Fatal(err)
				}
				if err := n.Forward(x, factors, features); err != nil {
					b.Fatal(err)
				}
				if err := n.Backward(dFeatures); err != nil {
					b.Fatal(err)
				}
				if err := n.Step(cpu.Adam{Epsilon: 1e-7}, trained); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(8*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// BenchmarkBatchNorms is BenchmarkTraining with BatchNorms in training mode.
func BenchmarkBatchNorms(b *testing.B) { benchmark(b, cpu.TrainingOptions{Norms: true}) }
