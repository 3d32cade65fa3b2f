package effnet_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// onNoise runs a graph of the miniature with Keras's first weights on images of noise.
func onNoise(t *testing.T, b compute.Backend,
	build func(mini effnet.Config, s *model.Scope, images *graph.Node) []*graph.Node) [][]float32 {
	t.Helper()
	mini, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := mini.Load(store.RootScope(), mini.InitialValues(1)); err != nil {
		t.Fatal(err)
	}
	exec, err := model.NewExec(b, store, func(s *model.Scope, x *graph.Node) []*graph.Node { return build(mini, s, x) })
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 9))
	images := make([]float32, 4*64*64*3)
	for i := range images {
		images[i] = float32(rng.IntN(256))
	}
	out, err := exec.Exec(tensors.FromFlatDataAndDimensions(images, 4, 64, 64, 3))
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float32
	for _, o := range out {
		if o.DType() != dtypes.Float32 {
			t.Fatalf("%s, want float32", o.Shape())
		}
		values = append(values, tensors.MustCopyFlatData[float32](o))
	}
	return values
}

// distance is the length of the difference of two lists, relative to that of the first.
func distance(want, got []float32) float64 {
	sum, length := 0.0, 0.0
	for i, v := range want {
		sum += math.Pow(float64(got[i]-v), 2)
		length += math.Pow(float64(v), 2)
	}
	return math.Sqrt(sum / length)
}

// formulations calls f for each formulation in which a backend that has bfloat16 runs a network.
func formulations(t *testing.T, f func(t *testing.T, name string, b compute.Backend, how effnet.Formulation)) {
	for name, b := range backends(t) {
		if effnet.BFloat16.Check(b) != nil {
			continue
		}
		for _, how := range []effnet.Formulation{effnet.Convolutions, effnet.Slices} {
			t.Run(fmt.Sprintf("%s %s", name, how), func(t *testing.T) { f(t, name, b, how) })
		}
	}
}

// Every layer's output in bfloat16 differs from that in float32 by less than 3% of its length. The features do differ:
// bfloat16's values are spaced 0.4% to 0.8% apart, so equal features would mean that they were computed in float32.
func TestBFloat16Layers(t *testing.T) {
	t.Parallel()
	formulations(t, func(t *testing.T, name string, b compute.Backend, how effnet.Formulation) {
		if name != "go" && os.Getenv("PVS_SLOW") == "" {
			t.Skip("XLA takes some seconds to compile it; PVS_SLOW=1 runs it")
		}
		var names []string
		run := func(p effnet.Precision) [][]float32 {
			return onNoise(t, b, func(mini effnet.Config, s *model.Scope, x *graph.Node) []*graph.Node {
				out := mini.Graph(s, x, effnet.Options{Formulation: how, Precision: p})
				nodes := []*graph.Node{out.Features}
				names = []string{"features"}
				for _, layer := range out.Names[1:] { // after the normalisation, which is float32
					if name == "go" { // XLA takes its time to compile them
						names = append(names, layer)
						nodes = append(nodes, graph.ConvertDType(out.Layers[layer], dtypes.Float32))
					}
				}
				return nodes
			})
		}
		want, got := run(effnet.Float32), run(effnet.BFloat16)
		for i, layer := range names {
			d := distance(want[i], got[i])
			if i == 0 {
				t.Logf("features: %.4f", d)
			}
			if !(d < 0.03) || i == 0 && !(d > 0.004) {
				t.Errorf("%s is %.4f of its length away from float32's", layer, d)
			}
		}
	})
}

// With moving statistics the gradient of each weight differs from float32's by less than
// 10% of its length. With the batch's statistics it is less than 50%: there, float32's
// gradient changes by 3% when just the images are rounded to bfloat16.
func TestBFloat16Gradients(t *testing.T) {
	t.Parallel()
	formulations(t, func(t *testing.T, name string, b compute.Backend, how effnet.Formulation) {
		if (name != "go" || how == effnet.Convolutions) && os.Getenv("PVS_SLOW") == "" {
			t.Skip("plain Go takes seconds for it, XLA half a minute to compile it; PVS_SLOW=1 runs it")
		}
		for own, bound := range map[bool]float64{false: 0.1, true: 0.5} {
			var names []string
			run := func(p effnet.Precision) [][]float32 {
				return onNoise(t, b, func(mini effnet.Config, s *model.Scope, x *graph.Node) []*graph.Node {
					features := mini.Graph(s, x, effnet.Options{Formulation: how, Precision: p, Train: true, BatchStatistics: own}).
						Features
					// A gradient of its own for each feature: the top's BatchNorm cancels one that all have.
					outputGradients := graph.Sin(graph.MulScalar(graph.IotaFull(x.Graph(), features.Shape()), 1.7))
					names = nil
					var nodes []*graph.Node
					for _, v := range mini.Variables() {
						// A shift that the next BatchNorm cancels has the gradient 0, but for rounding.
						if v.Statistic() || own && strings.HasSuffix(v.Name, "project_bn/beta") {
							continue
						}
						names = append(names, v.Name)
						nodes = append(nodes, s.Store().GetVariable("/"+v.Name).NodeValue(x))
					}
					return graph.Gradient(graph.ReduceAllSum(graph.Mul(features, outputGradients)), nodes...)
				})
			}
			want, got := run(effnet.Float32), run(effnet.BFloat16)
			worst := 0.0
			for i, weight := range names {
				d := distance(want[i], got[i])
				worst = max(worst, d)
				if !(d < bound) {
					t.Errorf("with the batch's statistics %t: the gradient of %s is %.3f of its length away from float32's", own,
						weight, d)
				}
			}
			t.Logf("with the batch's statistics %t: at most %.3f", own, worst)
			if !(worst > 0.004) {
				t.Error("bfloat16 changed nothing")
			}
		}
	})
}

// A backend without a precision is an error that can be told from others, and names no flag.
func TestPrecisionOfBackends(t *testing.T) {
	t.Parallel()
	for name, b := range backends(t) {
		for p, lack := range map[effnet.Precision]error{
			effnet.Float32: nil, effnet.BFloat16: effnet.ErrNoBFloat16, effnet.Float16: effnet.ErrNoFloat16,
			effnet.Int8: effnet.ErrNoInt8,
		} {
			onnx := name == "onnx:cpu"
			has := p == effnet.Float32 || p == effnet.BFloat16 && !onnx || p == effnet.Int8 && onnx
			err := p.Check(b)
			if has != (err == nil) ||
				!has && (!errors.Is(err, lack) || strings.Contains(err.Error(), "--") || strings.Contains(err.Error(), "\n")) {
				t.Errorf("%s in %s: %v", name, p, err)
			}
		}
	}
}

// Settings name a precision; those that do not are float32.
func TestPrecisionText(t *testing.T) {
	t.Parallel()
	type settings struct{ P effnet.Precision }
	for text, want := range map[string]effnet.Precision{`{"P":"float32"}`: effnet.Float32,
		`{"P":"bfloat16"}`: effnet.BFloat16, `{"P":"float16"}`: effnet.Float16} {
		var s settings
		if err := json.Unmarshal([]byte(text), &s); err != nil || s.P != want {
			t.Errorf("%s: %s, %v", text, s.P, err)
		}
		if again, err := json.Marshal(s); err != nil || string(again) != text {
			t.Errorf("%s, %v", again, err)
		}
	}
	s := settings{}
	if err := json.Unmarshal([]byte(`{}`), &s); err != nil || s.P != effnet.Float32 {
		t.Errorf("%s, %v", s.P, err)
	}
	if err := json.Unmarshal([]byte(`{"P":"float8"}`), &s); err == nil || !strings.Contains(err.Error(), `"float8"`) {
		t.Errorf("got %v", err)
	}
}
