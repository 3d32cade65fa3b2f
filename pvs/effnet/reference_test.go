package effnet_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

// backends starts the pure-Go backend and those whose libraries can be had.
func backends(t *testing.T) map[string]compute.Backend {
	t.Helper()
	out := map[string]compute.Backend{}
	for _, name := range []string{"go", "xla:cpu", "onnx:cpu"} {
		b, _, err := backend.OpenNamed(context.Background(), name, func(line string) { t.Log(line) })
		if err != nil {
			if name == "go" {
				t.Fatal(err)
			}
			t.Logf("without %s: %v", name, err)
			continue
		}
		out[name] = b
	}
	return out
}

// miniNetwork is the miniature with the reference's weights.
func miniNetwork(t *testing.T) (effnet.Config, map[string][]float32) {
	t.Helper()
	mini, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	w, err := weights.Load("testdata/keras_efficientnet_mini_notop.h5", mini)
	if err != nil {
		t.Fatal(err)
	}
	return mini, w.Values
}

// layers runs the network on images [n, size, size, 3] and returns named outputs.
func layers(t *testing.T, b compute.Backend, c effnet.Config, values map[string][]float32, images weights.Tensor,
	names []string, opts effnet.Options) []*tensors.Tensor {
	t.Helper()
	store := model.NewStore()
	if err := c.Load(store.RootScope(), values); err != nil {
		t.Fatal(err)
	}
	store.WithVariableAsConst(true)
	exec, err := model.NewExec(b, store, func(s *model.Scope, x *graph.Node) []*graph.Node {
		out := c.Graph(s, x, opts)
		var nodes []*graph.Node
		for _, n := range names {
			nodes = append(nodes, out.Layers[n])
		}
		return nodes
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := exec.Exec(tensors.FromFlatDataAndDimensions(images.Data, images.Shape...))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// compare demands 1e-4 of the largest absolute value (fixtures/README.md).
func compare(t *testing.T, what string, got *tensors.Tensor, want weights.Tensor) {
	t.Helper()
	flat := tensors.MustCopyFlatData[float32](got)
	if len(flat) < len(want.Data) {
		t.Fatalf("%s: %d values, want %d", what, len(flat), len(want.Data))
	}
	worst, largest := 0.0, 0.0
	for i, v := range want.Data {
		worst = max(worst, math.Abs(float64(flat[i]-v)))
		largest = max(largest, math.Abs(float64(v)))
	}
	if !(worst <= 1e-4*largest) {
		t.Errorf("%s: differs by %g of %g", what, worst, largest)
	}
}

// Mini on every backend and in both formulations against Keras.
func TestMiniAgainstKeras(t *testing.T) {
	t.Parallel()
	mini, values := miniNetwork(t)
	ref, err := weights.Read("testdata/keras_reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"avg_pool"}
	for key := range ref.Tensors {
		if layer, ok := strings.CutPrefix(key, "act."); ok {
			names = append(names, layer)
		}
	}
	for name, b := range backends(t) {
		for _, f := range []effnet.Formulation{effnet.Convolutions, effnet.Slices} {
			if name == "onnx:cpu" && f == effnet.Slices {
				continue // it has no Pad
			}
			t.Run(fmt.Sprintf("%s %s", name, f), func(t *testing.T) {
				if name == "xla:cpu" && f == effnet.Convolutions && os.Getenv("PVS_SLOW") == "" {
					t.Skip("XLA takes some seconds to compile it, and computes it as slices; PVS_SLOW=1 runs it")
				}
				got := layers(t, b, mini, values, ref.Tensors["images"], names, effnet.Options{Formulation: f})
				compare(t, "pooled", got[0], ref.Tensors["pooled"])
				for i, layer := range names[1:] {
					compare(t, layer, got[i+1], ref.Tensors["act."+layer])
				}
			})
		}
		t.Run(name+" chosen formulation at 224", func(t *testing.T) {
			if name != "onnx:cpu" && os.Getenv("PVS_SLOW") == "" {
				t.Skip("the pure-Go backend takes a minute for it, XLA some seconds to compile it; PVS_SLOW=1 runs it")
			}
			got := layers(t, b, mini, values, ref.Tensors["images_224"], names[:1],
				effnet.Options{Formulation: effnet.FormulationFor(b)})
			compare(t, "pooled_224", got[0], ref.Tensors["pooled_224"])
		})
	}
}

// runMini runs a graph with the miniature's weights on two images of 32 pixels.
func runMini(t *testing.T, build func(mini effnet.Config, s *model.Scope, images *graph.Node) *graph.Node) []float32 {
	t.Helper()
	mini, values := miniNetwork(t)
	images := make([]float32, 2*32*32*3)
	for i := range images {
		images[i] = float32(i * 7919 % 256)
	}
	store := model.NewStore()
	if err := mini.Load(store.RootScope(), values); err != nil {
		t.Fatal(err)
	}
	exec, err := model.NewExec(backends(t)["go"], store,
		func(s *model.Scope, x *graph.Node) *graph.Node { return build(mini, s, x) })
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Exec(tensors.FromFlatDataAndDimensions(images, 2, 32, 32, 3))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out[0])
}

// differ says whether two lists differ by more than rounding.
func differ(a, b []float32) bool {
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-5*(1+math.Abs(float64(a[i]))) {
			return true
		}
	}
	return len(a) != len(b)
}

// Stochastic depth drops the branches that its noise says, of each image by itself.
func TestDropConnect(t *testing.T) {
	t.Parallel()
	run := func(rate float64, noise ...float32) []float32 {
		return runMini(t, func(mini effnet.Config, s *model.Scope, x *graph.Node) *graph.Node {
			opts := effnet.Options{Formulation: effnet.Slices, Train: true, DropConnect: rate}
			if noise != nil {
				rows := graph.Reshape(graph.Const(x.Graph(), noise), len(noise), 1)
				opts.Noise = graph.BroadcastToDims(rows, len(noise), len(mini.Blocks()))
			}
			return mini.Graph(s, x, opts).Features
		})
	}
	inference := runMini(t, func(mini effnet.Config, s *model.Scope, x *graph.Node) *graph.Node {
		return mini.Graph(s, x, effnet.Options{Formulation: effnet.Slices}).Features
	})
	plain, kept, dropped, mixed := run(0), run(0.9, 0.95, 0.95), run(0.9, 0, 0), run(0.9, 0.95, 0)
	if differ(inference, plain) {
		t.Error("the graph for training has another value")
	}
	if !differ(plain, dropped) || !differ(plain, kept) || !differ(kept, dropped) {
		t.Error("stochastic depth changed nothing")
	}
	n := len(plain) / 2 // values of an image
	if differ(mixed[:n], kept[:n]) || differ(mixed[n:], dropped[n:]) {
		t.Error("an image's branches depend on another image's noise")
	}
}

// [effnet.Config.Before] and From compose to the whole network.
func TestBeforeAndFrom(t *testing.T) {
	t.Parallel()
	opts := effnet.Options{Formulation: effnet.Slices}
	whole := runMini(t, func(mini effnet.Config, s *model.Scope, x *graph.Node) *graph.Node {
		return mini.Graph(s, x, opts).Features
	})
	for _, block := range []string{"block1a", "block4a", "block7a"} {
		cut := runMini(t, func(mini effnet.Config, s *model.Scope, x *graph.Node) *graph.Node {
			before := mini.Before(s, x, block, opts)
			h, w, c := mini.InputOf(block, 32)
			before.AssertDims(2, h, w, c)
			return mini.From(s, before, block, opts).Features
		})
		if differ(whole, cut) {
			t.Errorf("cut at %s the network has other features", block)
		}
	}
}

// The batch's statistics leave out images of weight 0.
func TestBatchStatistics(t *testing.T) {
	t.Parallel()
	run := func(weights ...float32) []float32 {
		return runMini(t, func(mini effnet.Config, s *model.Scope, x *graph.Node) *graph.Node {
			x = graph.Slice(x, graph.AxisRange(0, len(weights)))
			out := mini.Graph(s, x, effnet.Options{Formulation: effnet.Slices, Train: true, BatchStatistics: true,
				Weights: graph.Const(x.Graph(), weights)})
			stem := out.Statistics["stem_bn"]
			return graph.Concatenate([]*graph.Node{graph.Reshape(graph.Slice(out.Features, graph.AxisElem(0)), mini.Features()),
				stem.Mean, stem.Variance}, 0)
		})
	}
	if one, filled, two := run(1), run(1, 0), run(1, 1); differ(one, filled) {
		t.Error("an image of weight 0 changes the batch's statistics")
	} else if !differ(one, two) {
		t.Error("the second image does not count")
	}
}

func ExampleConfig_Blocks() {
	b0, err := effnet.Named("b0")
	if err != nil {
		fmt.Println(err)
		return
	}
	blocks := b0.Blocks()
	last := blocks[len(blocks)-1]
	fmt.Println(len(blocks), "blocks; the last is", last.Name, "from", last.In, "to", last.Out, "channels;", b0.Features(),
		"features")
	// Output: 16 blocks; the last is block7a from 192 to 320 channels; 1280 features
}
