//go:build cgo && amd64

package native_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// trained lists the weights that have gradients: those from a block on but BatchNorms'.
func trained(c effnet.Config, from string) []string {
	var names []string
	reached := from == ""
	for _, v := range c.Variables() {
		reached = reached || strings.HasPrefix(v.Name, from+"_")
		norm := strings.Contains(v.Name, "bn/")
		if reached && !norm {
			names = append(names, v.Name)
		}
	}
	return names
}

// gradients computes the features and the gradients of their product with slopes by the graph.
func gradients(t *testing.T, b compute.Backend, c effnet.Config, values map[string][]float32, from string, x []float32, dims []int, slopes, noise []float32) (features []float32, of map[string][]float32) {
	t.Helper()
	store := model.NewStore()
	if err := c.Load(store.RootScope(), values); err != nil {
		t.Fatal(err)
	}
	names := trained(c, from)
	exec, err := model.NewExec(b, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		opts := effnet.Options{Formulation: effnet.FormulationFor(b), Train: true}
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
		return append([]*graph.Node{out.Features}, graph.Gradient(loss, weights...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	in := []any{tensors.FromFlatDataAndDimensions(x, dims...), tensors.FromFlatDataAndDimensions(slopes, dims[0], c.Features())}
	if noise != nil {
		in = append(in, tensors.FromFlatDataAndDimensions(noise, dims[0], len(c.Blocks())))
	}
	outs, err := exec.Exec(in...)
	if err != nil {
		t.Fatal(err)
	}
	of = map[string][]float32{}
	for i, name := range names {
		of[name] = tensors.MustCopyFlatData[float32](outs[i+1])
	}
	return tensors.MustCopyFlatData[float32](outs[0]), of
}

// All gradients of networks of many widths and sizes are what the graph's are.
func TestGradients(t *testing.T) {
	if !native.Supported() {
		t.Skip("the kernels do not run on this processor")
	}
	b, _, err := backend.OpenNamed(context.Background(), "xla:cpu", func(string) {})
	if err != nil {
		t.Skip("XLA cannot be had here: ", err)
	}
	for _, c := range []struct {
		config effnet.Config
		size   int
		from   string
		noise  bool
	}{{mini, 64, "", false}, {mini, 45, "", true}, {mini, 33, "block7a", true}, {mini, 1, "", false}, {lite, 70, "", true}, {wide, 97, "", true}, {deep, 64, "", false}} {
		const rows = 5 // on two cores, three and two
		weights := values(c.config)
		dims := []int{rows, c.size, c.size, 3}
		x := images(rows, c.size)
		if c.from != "" {
			h, w, channels := c.config.InputOf(c.from, c.size)
			dims = []int{rows, h, w, channels}
			x = normal(rows * h * w * channels)
		}
		slopes := normal(rows * c.config.Features())
		var noise, factors []float32
		if c.noise {
			noise, factors = branches(rows, len(c.config.Blocks()))
		}
		features, want := gradients(t, b, c.config, weights, c.from, x, dims, slopes, noise)
		for _, lanes := range native.Lanes() {
			n, err := native.NewTrainingFor(c.config, c.size, c.from, lanes)
			if err != nil {
				t.Fatal(err)
			}
			if err := n.Load(weights); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s, %d pixels, %d lanes", c.config.Title, c.size, lanes)
			got := map[string][]float32{}
			for range 2 { // what the first leaves behind is not added to
				out := make([]float32, len(features))
				if err := n.Forward(x, factors, out); err != nil {
					t.Fatal(err)
				}
				same(t, what+": features", out, features, 1e-5)
				if err := n.Backward(slopes, got); err != nil {
					t.Fatal(err)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s: there are %d gradients, not %d", what, len(got), len(want))
			}
			for _, name := range trained(c.config, c.from) {
				same(t, what+": "+name, got[name], want[name], 1e-4)
			}
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

// What cannot be trained on is refused.
func TestBadTraining(t *testing.T) {
	if !native.Supported() {
		t.Skip("the kernels do not run on this processor")
	}
	if _, err := native.NewTraining(mini, 64, "block1a"); err == nil || !strings.Contains(err.Error(), "block1a") {
		t.Errorf("the first block has nothing before it: %v", err)
	}
	n, err := native.NewTraining(mini, 64, "")
	if err != nil {
		t.Fatal(err)
	}
	x, features := images(1, 64), make([]float32, mini.Features())
	for what, err := range map[string]error{
		"no weights":        n.Load(nil),
		"slopes of nothing": n.Backward(features, map[string][]float32{}),
		"half an image":     n.Forward(x[:100], nil, features),
		"factors":           n.Forward(x, []float32{1}, features),
		"no room":           n.Forward(x, nil, features[1:]),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// BenchmarkTraining reports the images a second of EfficientNet-B0's forward and backward passes
// with the weights loaded anew, 224 x 224 in batches of 8.
func BenchmarkTraining(b *testing.B) {
	c, _ := effnet.Named("b0")
	weights := c.InitialValues(1)
	x, features, slopes := images(8, 224), make([]float32, 8*c.Features()), normal(8*c.Features())
	_, factors := branches(8, len(c.Blocks()))
	for _, lanes := range native.Lanes() {
		n, err := native.NewTrainingFor(c, 224, "", lanes)
		if err != nil {
			b.Fatal(err)
		}
		into := map[string][]float32{}
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) {
			for b.Loop() {
				if err := n.Load(weights); err != nil {
					b.Fatal(err)
				}
				if err := n.Forward(x, factors, features); err != nil {
					b.Fatal(err)
				}
				if err := n.Backward(slopes, into); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(8*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
