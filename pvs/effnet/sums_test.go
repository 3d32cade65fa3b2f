package effnet

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/backend"
)

// In bfloat16, ones add up to 256 and no further, and 7623, as many as the images here
// have pixels, is 7616: sums must be float32. Only the gradient of a convolution's
// kernel, which the backend computes in one operation, is rounded at its end.
func TestSumsAreFloat32(t *testing.T) {
	t.Parallel()
	const batch, side, pixels = 7, 33, 7 * 33 * 33
	all := map[string]compute.Backend{"go": testBackend(t)}
	xla, _, err := backend.OpenNamed(t.Context(), "xla:cpu", func(string) {})
	if err != nil {
		t.Log("not on XLA, whose CPU plugin cannot be had here: ", err)
	} else {
		all["xla:cpu"] = xla
	}
	type build func(b *builder, ones *graph.Node) *graph.Node
	gradient := func(y *graph.Node, of *graph.Node) *graph.Node { return graph.Gradient(graph.ReduceAllSum(y), of)[0] }
	one := func(b *builder, x *graph.Node) *graph.Node {
		return graph.Ones(x.Graph(), shapes.Make(b.wide, x.Shape().Dim(3)))
	}
	for _, c := range []struct {
		name      string
		build     build
		want      float64
		tolerance float64 // relative
	}{
		{"mean over pixels", func(b *builder, x *graph.Node) *graph.Node { return b.meanOverPixels(x) }, 1, 1e-4},
		{"kernel of a depthwise convolution", func(b *builder, x *graph.Node) *graph.Node {
			d := newDepthwise(x, b.weight("depthwise", "kernel", x), 1)
			// The tap in the middle multiplies a pixel at every position.
			return graph.Slice(d.kernelGradient(graph.OnesLike(x)), graph.AxisElem(1), graph.AxisElem(1))
		}, pixels, 1e-6},
		{"kernel of a convolution", func(b *builder, x *graph.Node) *graph.Node {
			y := b.widen(b.conv("conv", x, 1))
			return gradient(y, b.scope.Store().GetVariable("/conv/kernel").NodeValue(x))
		}, pixels, 1. / 256},
		{"shift of a BatchNorm", func(b *builder, x *graph.Node) *graph.Node {
			beta := one(b, x)
			y, _ := b.batchNormInTraining(x, one(b, x), beta)
			return gradient(b.widen(y), beta)
		}, pixels, 1e-6},
		{"mean of a BatchNorm", func(b *builder, x *graph.Node) *graph.Node {
			_, s := b.batchNormInTraining(x, one(b, x), one(b, x))
			return s.Mean
		}, 1, 1e-4},
		{"squeeze and excite's gate", func(b *builder, x *graph.Node) *graph.Node {
			x = graph.Slice(x, graph.AxisRange(0, 1)) // 1089 pixels; in bfloat16 1088
			gate := graph.Ones(x.Graph(), shapes.Make(b.wide, 1, 1))
			return gradient(b.widen(b.multiplyChannels(x, gate)), gate)
		}, side * side, 1e-6},
	} {
		for name, on := range all {
			for _, f := range []Formulation{Convolutions, Slices} {
				t.Run(fmt.Sprintf("%s, %s %s", c.name, name, f), func(t *testing.T) {
					store := model.NewStore()
					for path, dims := range map[string][]int{"/conv/kernel": {1, 1, 1, 1}, "/depthwise/kernel": {3, 3, 1, 1}} {
						if _, err := store.CreateVariable(path, tensors.FromFlatDataAndDimensions(make([]float32, dims[0]*dims[1]),
							dims...)); err != nil {
							t.Fatal(err)
						}
					}
					exec, err := model.NewExec(on, store, func(s *model.Scope, x *graph.Node) *graph.Node {
						b := Config{}.builder(s, x, Options{Formulation: f, Precision: BFloat16, Train: true})
						return c.build(b, b.narrow(x))
					})
					if err != nil {
						t.Fatal(err)
					}
					ones := tensors.FromScalarAndDimensions(float32(1), batch, side, side, 1)
					out, err := exec.Exec(ones)
					if err != nil {
						t.Fatal(err)
					}
					if out[0].DType() != dtypes.Float32 {
						t.Fatalf("a sum of %s", out[0].DType())
					}
					for _, got := range tensors.MustCopyFlatData[float32](out[0]) {
						if !(math.Abs(float64(got)-c.want) <= c.tolerance*c.want) {
							t.Fatalf("%g, want %g", got, c.want)
						}
					}
				})
			}
		}
	}
}
