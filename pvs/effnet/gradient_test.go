package effnet_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// The network's gradients agree with central differences, in both formulations: along
// the gradient of a kernel, the output's derivative is the gradient's length.
func TestNetworkGradient(t *testing.T) {
	t.Parallel()
	mini, weights := miniNetwork(t)
	rng := rand.New(rand.NewPCG(1, 9))
	images, direction := make([]float32, 2*32*32*3), make([]float32, 2*mini.Features())
	for i := range images {
		images[i] = float32(rng.IntN(256))
	}
	for i := range direction {
		direction[i] = float32(rng.NormFloat64())
	}
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []effnet.Formulation{effnet.Convolutions, effnet.Slices} {
		for _, kernel := range []string{"stem_conv/kernel", "block2a_dwconv/depthwise_kernel", "block4b_se_reduce/kernel",
			"block7a_project_conv/kernel"} {
			// value computes sum(features * direction) and its gradient for one kernel.
			value := func(values map[string][]float32) (float64, []float32) {
				store := model.NewStore()
				if err := mini.Load(store.RootScope(), values); err != nil {
					t.Fatal(err)
				}
				exec, err := model.NewExec(b, store, func(s *model.Scope, x, d *graph.Node) []*graph.Node {
					features := mini.Graph(s, x, effnet.Options{Formulation: f, Train: true}).Features
					loss := graph.ReduceAllSum(graph.Mul(features, d))
					variable := s.Store().GetVariable("/" + kernel).NodeValue(x)
					return []*graph.Node{loss, graph.Gradient(loss, variable)[0]}
				})
				if err != nil {
					t.Fatal(err)
				}
				out, err := exec.Exec(tensors.FromFlatDataAndDimensions(images, 2, 32, 32, 3),
					tensors.FromFlatDataAndDimensions(direction, 2, mini.Features()))
				if err != nil {
					t.Fatal(err)
				}
				return float64(out[0].Value().(float32)), tensors.MustCopyFlatData[float32](out[1])
			}
			_, gradient := value(weights)
			norm := 0.0
			for _, g := range gradient {
				norm += float64(g) * float64(g)
			}
			norm = math.Sqrt(norm)
			step := func(length float64) float64 {
				moved := map[string][]float32{}
				for name, v := range weights {
					moved[name] = v
				}
				changed := append([]float32(nil), weights[kernel]...)
				for i, g := range gradient {
					changed[i] += float32(length * float64(g) / norm)
				}
				moved[kernel] = changed
				v, _ := value(moved)
				return v
			}
			const h = 1e-2
			if derivative := (step(h) - step(-h)) / (2 * h); math.Abs(derivative-norm) > 0.03*norm {
				t.Errorf("%s, %s: derivative %g along the gradient, want its length %g", f, kernel, derivative, norm)
			}
		}
	}
}
