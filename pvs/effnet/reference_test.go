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
		t.Setenv("GOMLX_BACKEND", name)
		b, _, err := backend.Open(context.Background(), backend.Inference, func(line string) { t.Log(line) })
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
func layers(t *testing.T, b compute.Backend, c effnet.Config, values map[string][]float32, images weights.Tensor, names []string, opts effnet.Options) []*tensors.Tensor {
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
				got := layers(t, b, mini, values, ref.Tensors["images"], names, effnet.Options{Formulation: f})
				compare(t, "pooled", got[0], ref.Tensors["pooled"])
				for i, layer := range names[1:] {
					compare(t, layer, got[i+1], ref.Tensors["act."+layer])
				}
			})
		}
		t.Run(name+" chosen formulation at 224", func(t *testing.T) {
			if name == "go" && os.Getenv("PVS_SLOW") == "" {
				t.Skip("the pure-Go backend takes a minute for it; PVS_SLOW=1 runs it")
			}
			got := layers(t, b, mini, values, ref.Tensors["images_224"], names[:1], effnet.Options{Formulation: effnet.FormulationFor(b)})
			compare(t, "pooled_224", got[0], ref.Tensors["pooled_224"])
		})
	}
}

// Stochastic depth at rate 0 changes nothing; at a high rate it drops branches and
// keeps the expectation's scale.
func TestDropConnect(t *testing.T) {
	mini, values := miniNetwork(t)
	b := backends(t)["go"]
	images := weights.Tensor{Shape: []int{2, 32, 32, 3}, Data: make([]float32, 2*32*32*3)}
	for i := range images.Data {
		images.Data[i] = float32(i * 7919 % 256)
	}
	run := func(opts effnet.Options) []float32 {
		store := model.NewStore()
		if err := mini.Load(store.RootScope(), values); err != nil {
			t.Fatal(err)
		}
		if err := store.SetRNGStateFromSeed(3); err != nil {
			t.Fatal(err)
		}
		exec, err := model.NewExec(b, store, func(s *model.Scope, x *graph.Node) *graph.Node { return mini.Graph(s, x, opts).Features })
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Exec(tensors.FromFlatDataAndDimensions(images.Data, images.Shape...))
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float32](out[0])
	}
	plain := run(effnet.Options{Formulation: effnet.Slices})
	train := run(effnet.Options{Formulation: effnet.Slices, Train: true})
	dropped := run(effnet.Options{Formulation: effnet.Slices, Train: true, DropConnect: 0.9})
	differs := func(a, b []float32) bool {
		for i := range a {
			if math.Abs(float64(a[i]-b[i])) > 1e-5*(1+math.Abs(float64(a[i]))) {
				return true
			}
		}
		return false
	}
	if differs(plain, train) {
		t.Error("the graph for training has another value")
	}
	if !differs(plain, dropped) {
		t.Error("stochastic depth of 0.9 changed nothing")
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
	fmt.Println(len(blocks), "blocks; the last is", last.Name, "from", last.In, "to", last.Out, "channels;", b0.Features(), "features")
	// Output: 16 blocks; the last is block7a from 192 to 320 channels; 1280 features
}
