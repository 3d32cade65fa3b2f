package effnet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/backend"
)

// BenchmarkDepthwise times the depthwise convolutions of some of B0's layers at 224
// pixels, batch 8, and their two gradients on XLA; copying the result out is in it.
func BenchmarkDepthwise(b *testing.B) {
	xla, _, err := backend.OpenNamed(context.Background(), "xla:cpu", func(string) {})
	if err != nil {
		b.Skip(err)
	}
	const batch = 8
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range []struct{ size, channels, k, stride int }{
		{112, 32, 3, 1}, {112, 96, 3, 2}, {56, 144, 3, 1}, {56, 144, 5, 2}, {28, 240, 5, 1}, {14, 672, 5, 1}, {7, 1152, 5, 1},
	} {
		out := (s.size + s.stride - 1) / s.stride
		value := func(dims ...int) *tensors.Tensor {
			n := 1
			for _, d := range dims {
				n *= d
			}
			return tensors.FromFlatDataAndDimensions(random(rng, n), dims...)
		}
		x, kernel := value(batch, s.size, s.size, s.channels), value(s.k, s.k, s.channels, 1)
		dy := value(batch, out, out, s.channels)
		for name, of := range map[string]func(d depthwise, dy *graph.Node) *graph.Node{
			"forward":        func(d depthwise, _ *graph.Node) *graph.Node { return d.slices() },
			"input gradient": depthwise.inputGradient, "kernel gradient": depthwise.kernelGradient,
		} {
			b.Run(fmt.Sprintf("%d pixels %d channels kernel %d stride %d/%s", s.size, s.channels, s.k, s.stride, name),
				func(b *testing.B) {
					exec, err := graph.NewExec(xla, func(x, kernel, dy *graph.Node) *graph.Node {
						return of(newDepthwise(x, kernel, s.stride), dy)
					})
					if err != nil {
						b.Fatal(err)
					}
					defer exec.Finalize()
					run := func() {
						y, err := exec.Call(x, kernel, dy)
						if err != nil {
							b.Fatal(err)
						}
						if _, err := tensors.CopyFlatData[float32](y[0]); err != nil {
							b.Fatal(err)
						}
					}
					run() // compiles
					for b.Loop() {
						run()
					}
				})
		}
	}
}
