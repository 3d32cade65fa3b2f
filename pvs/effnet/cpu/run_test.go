//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// needsCPUEngine skips a test where the CPU engine does not run.
func needsCPUEngine(t *testing.T) {
	t.Helper()
	if !cpu.Supports(effnet.Float32) {
		t.Skip("the CPU engine does not run on this processor")
	}
}

// pureGo is GoMLX's backend in Go, on which the graphs run that the CPU engine is held to.
func pureGo(t *testing.T) compute.Backend {
	t.Helper()
	needsCPUEngine(t)
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// images are noise, with a bright corner so that padding shows.
func images(n, size int) []float32 {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, n*size*size*3)
	for i := range x {
		x[i] = float32(rng.IntN(200))
		if p := i / 3 % (size * size); p/size < 4 || p%size > size-4 {
			x[i] += 55
		}
	}
	return x
}

// graphs computes each block's input, and the features, by the graph.
func graphs(t *testing.T, b compute.Backend, c effnet.Config, values map[string][]float32, x []float32, size int,
	noise []float32) [][]float32 {
	t.Helper()
	store := model.NewStore()
	if err := c.Load(store.RootScope(), values); err != nil {
		t.Fatal(err)
	}
	n := len(x) / (3 * size * size)
	exec, err := model.NewExec(b, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		opts := effnet.Options{Formulation: effnet.FormulationFor(b)}
		if noise != nil {
			opts.DropConnect, opts.Noise = 0.5, in[1]
		}
		all := c.Graph(scope, in[0], opts)
		nodes := []*graph.Node{all.Layers["stem_activation"]}
		for _, block := range c.Blocks() {
			last := all.Layers[block.Name+"_add"]
			if last == nil {
				last = all.Layers[block.Name+"_project_bn"]
			}
			nodes = append(nodes, last)
		}
		nodes[len(nodes)-1] = all.Features
		return nodes
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	in := []any{tensors.FromFlatDataAndDimensions(x, n, size, size, 3)}
	if noise != nil {
		in = append(in, tensors.FromFlatDataAndDimensions(noise, n, len(c.Blocks())))
	}
	outs, err := exec.Exec(in...)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float32
	for _, o := range outs {
		all = append(all, tensors.MustCopyFlatData[float32](o))
	}
	return all
}

var (
	mini, _ = effnet.Named("mini")
	wide    = effnet.Config{Name: "wide", Title: "a wide network", Width: 1.3, Depth: 0.1, Resolution: 64}
	deep    = effnet.Config{Name: "deep", Title: "a deep network", Width: 0.6, Depth: 0.6, Resolution: 64}
	lite    = effnet.Config{Name: "lite", Title: "a light network", Width: 0.5, Depth: 0.3, Resolution: 64, Lite: true}
)

// same holds values to a part of the largest absolute value: sums are in another order.
func same(t *testing.T, what string, got, want []float32, within float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	worst, largest := 0.0, 0.0
	for i, v := range want {
		d := math.Abs(float64(got[i] - v))
		if !(d <= worst) {
			worst = d
		}
		largest = max(largest, math.Abs(float64(v)))
	}
	if !(worst <= within*largest) || largest == 0 {
		t.Errorf("%s differs by %g of %g", what, worst, largest)
	}
}

// values are weights whose BatchNorms are not the identity.
func values(c effnet.Config) map[string][]float32 {
	rng := rand.New(rand.NewPCG(5, 6))
	all := c.InitialValues(1)
	for _, name := range slices.Sorted(maps.Keys(all)) { // the same ones each time
		v := all[name]
		for i := range v {
			switch {
			case strings.HasSuffix(name, "moving_mean"), strings.HasSuffix(name, "beta"), strings.HasSuffix(name, "bias"):
				v[i] = float32(rng.NormFloat64() * 0.2)
			case strings.HasSuffix(name, "moving_variance"), strings.HasSuffix(name, "gamma"):
				v[i] = 0.5 + rng.Float32()
			}
		}
	}
	return all
}

// branches is the noise of stochastic depth with a rate of 0.5, and the branch factors that it makes.
func branches(images, blocks int) (noise, factors []float32) {
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range images * blocks {
		rate := 0.5 * float32(i%blocks) / float32(blocks)
		noise = append(noise, rng.Float32())
		factors = append(factors, 0)
		if noise[i] >= rate {
			factors[i] = 1 / (1 - rate)
		}
	}
	return noise, factors
}

const float16 = "float16"

// networks are all that this processor can run, for vectors of 8 and of 16 lanes, and in float16; they are closed as
// the test ends.
func networks(t testing.TB, c effnet.Config, values map[string][]float32, size int) map[string]*cpu.Network {
	t.Helper()
	all := map[string]*cpu.Network{}
	add := func(name string, n *cpu.Network, err error) {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		all[name] = n
	}
	for _, lanes := range cpu.Lanes() {
		n, err := cpu.NewFor(c, values, size, lanes)
		add(fmt.Sprintf("lanes=%d", lanes), n, err)
	}
	if cpu.Supports(effnet.Float16) {
		n, err := cpu.NewFloat16(c, values, size)
		add(float16, n, err)
	}
	return all
}

// Every block of networks of many widths and sizes has the graph's output.
func TestAgainstGraph(t *testing.T) {
	b := pureGo(t)
	for _, c := range []struct {
		config effnet.Config
		size   int
		noise  bool
	}{{mini, 64, false}, {mini, 45, false}, {mini, 33, true}, {mini, 1, false}, {lite, 70, false}, {wide, 97, false},
		{wide, 224, true}} {
		weights, x := values(c.config), images(2, c.size)
		blocks := c.config.Blocks()
		var noise, factors []float32
		if c.noise {
			noise, factors = branches(2, len(blocks))
		}
		for i, want := range graphs(t, b, c.config, weights, x, c.size, noise) {
			before := ""
			if i < len(blocks) {
				before = blocks[i].Name
			}
			for name, n := range networks(t, c.config, weights, c.size) {
				got, within := make([]float32, len(want)), 1e-5
				if name == float16 { // 11 bits, rounded some 60 times on the way
					within = 1e-2
				}
				if err := n.Run(x, cpu.Options{Before: before, Factors: factors}, got); err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("%s before %q, %s", c.config.Title, before, name), got, want, within)
			}
		}
	}
}

// Wrong inputs are refused.
func TestBadInput(t *testing.T) {
	needsCPUEngine(t)
	c, _ := effnet.Named("mini")
	if _, err := cpu.New(c, nil, 64, effnet.Float32); err == nil || !strings.Contains(err.Error(), "stem_conv/kernel") {
		t.Errorf("weights are missing: %v", err)
	}
	if _, err := cpu.New(c, c.InitialValues(1), 0, effnet.Float32); err == nil {
		t.Error("images without pixels are taken")
	}
	n, err := cpu.New(c, c.InitialValues(1), 32, effnet.Float32)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	x, out := images(1, 32), make([]float32, c.Features())
	for what, err := range map[string]error{
		"half an image":    n.Run(x[:100], cpu.Options{}, out),
		"a short output":   n.Run(x, cpu.Options{}, out[1:]),
		"an unknown block": n.Run(x, cpu.Options{Before: "block9z"}, out),
		"factors":          n.Run(x, cpu.Options{Factors: []float32{1}}, out),
	} {
		if err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

// BenchmarkB0 reports EfficientNet-B0's images a second, 224 x 224 in batches of 8.
func BenchmarkB0(b *testing.B) {
	c, _ := effnet.Named("b0")
	x, features := images(8, 224), make([]float32, 8*c.Features())
	for name, n := range networks(b, c, c.InitialValues(1), 224) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := n.Run(x, cpu.Options{}, features); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(8*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
