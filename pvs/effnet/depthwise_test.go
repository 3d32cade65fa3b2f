package effnet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/backend"
)

// naiveDepthwise is the definition, in float64: its value and the gradients of
// sum(weights * value).
func naiveDepthwise(x []float32, h, w, c int, kernel []float32, k, stride int, weights []float32) (y, dx,
	dk []float64) {
	py, px := SamePadding(h, k, stride), SamePadding(w, k, stride)
	oh, ow := (h+stride-1)/stride, (w+stride-1)/stride
	batch := len(x) / (h * w * c)
	y, dx, dk = make([]float64, batch*oh*ow*c), make([]float64, len(x)), make([]float64, len(kernel))
	for n := range batch {
		for i := range oh {
			for j := range ow {
				for a := range k {
					for b := range k {
						row, col := i*stride+a-py[0], j*stride+b-px[0]
						if row < 0 || row >= h || col < 0 || col >= w {
							continue
						}
						for ch := range c {
							out := ((n*oh+i)*ow+j)*c + ch
							in := ((n*h+row)*w+col)*c + ch
							tap := (a*k+b)*c + ch
							y[out] += float64(x[in]) * float64(kernel[tap])
							dx[in] += float64(weights[out]) * float64(kernel[tap])
							dk[tap] += float64(weights[out]) * float64(x[in])
						}
					}
				}
			}
		}
	}
	return y, dx, dk
}

func random(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}

func worst(t *testing.T, what string, got *tensors.Tensor, want []float64) {
	t.Helper()
	flat := tensors.MustCopyFlatData[float32](got)
	if len(flat) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(flat), len(want))
	}
	for i, v := range flat {
		if math.Abs(float64(v)-want[i]) > 1e-4*(1+math.Abs(want[i])) {
			t.Fatalf("%s[%d] = %g, want %g", what, i, v, want[i])
		}
	}
}

func TestDepthwiseAgainstDefinition(t *testing.T) {
	t.Parallel()
	backend := testBackend(t)
	// Of 12 images, kernel gradients add six at a time; of 11 one.
	for i, size := range [][2]int{{6, 6}, {7, 5}, {2, 3}} {
		for _, k := range []int{3, 5} {
			for _, stride := range []int{1, 2} {
				for _, f := range []Formulation{Convolutions, Slices} {
					againstDefinition(t, backend, []int{2, 12, 11}[i], size[0], size[1], k, stride, f)
				}
			}
		}
	}
}

// On XLA the kernel's gradient is a loop over its taps.
func TestDepthwiseOnXLA(t *testing.T) {
	t.Parallel()
	xla, _, err := backend.OpenNamed(t.Context(), "xla:cpu", func(string) {})
	if err != nil {
		t.Skip(err)
	}
	for _, k := range []int{3, 5} {
		for _, stride := range []int{1, 2} {
			againstDefinition(t, xla, 12, 7, 5, k, stride, Slices)
		}
	}
}

// againstDefinition compares values and both gradients with the sums that define them.
func againstDefinition(t *testing.T, backend compute.Backend, batch, h, w, k, stride int, f Formulation) {
	t.Helper()
	const c = 3
	t.Run(fmt.Sprintf("%d of %dx%d kernel %d stride %d %s", batch, h, w, k, stride, f), func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		x, kernel := random(rng, batch*h*w*c), random(rng, k*k*c)
		oh, ow := (h+stride-1)/stride, (w+stride-1)/stride
		weights := random(rng, batch*oh*ow*c)
		wantY, wantDX, wantDK := naiveDepthwise(x, h, w, c, kernel, k, stride, weights)
		exec, err := graph.NewExec(backend, func(x, kernel, weights *graph.Node) []*graph.Node {
			d := newDepthwise(x, kernel, stride)
			forward := d.grouped
			if f == Slices {
				forward = d.slices
			}
			y := d.differentiable(forward)
			grads := graph.Gradient(graph.ReduceAllSum(graph.Mul(y, weights)), x, kernel)
			return append(grads, y)
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := exec.Call(
			tensors.FromFlatDataAndDimensions(x, batch, h, w, c),
			tensors.FromFlatDataAndDimensions(kernel, k, k, c, 1),
			tensors.FromFlatDataAndDimensions(weights, batch, oh, ow, c))
		if err != nil {
			t.Fatal(err)
		}
		worst(t, "y", got[2], wantY)
		worst(t, "dx", got[0], wantDX)
		worst(t, "dkernel", got[1], wantDK)
	})
}

// testBackend is the pure-Go one, which is always there.
func testBackend(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	return backend
}
