package neck

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/backend"
)

// backends are pure Go and, where it is installed, XLA.
func backends(t testing.TB) map[string]compute.Backend {
	t.Helper()
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]compute.Backend{"go": b}
	if xla, _, err := backend.OpenNamed(t.Context(), "xla:cpu", func(string) {}); err == nil && !testing.Short() {
		all["xla:cpu"] = xla
	}
	return all
}

type builder = func([]*graph.Node) []*graph.Node

// call runs a graph and returns its outputs' values.
func call(t testing.TB, b compute.Backend, build builder, args ...*tensors.Tensor) [][]float32 {
	t.Helper()
	exec, err := graph.NewExec(b, build)
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	var inputs []any
	for _, a := range args {
		inputs = append(inputs, a)
	}
	out, err := exec.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float32
	for _, o := range out {
		values = append(values, tensors.MustCopyFlatData[float32](o))
	}
	return values
}

func tensor(values []float64, dims ...int) *tensors.Tensor {
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(narrow, dims...)
}

func normal(seed uint64, n int) []float64 {
	rng := rand.New(rand.NewPCG(seed, 5))
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(float32(rng.NormFloat64()))
	}
	return out
}

// differences compares a gradient with central differences of f by the values.
func differences(t *testing.T, name string, got []float32, values []float64, f func() float64) {
	t.Helper()
	const h = 1e-6
	for i, v := range values {
		values[i] = v + h
		up := f()
		values[i] = v - h
		down := f()
		values[i] = v
		if d := (up - down) / (2 * h); math.Abs(d-float64(got[i])) > 1e-3*(0.1+math.Abs(d)) {
			t.Errorf("%s: gradient[%d] = %g, the difference quotient is %g", name, i, got[i], d)
			return
		}
	}
}

const (
	batch, height, width, channels = 2, 3, 4, 5
	positions                      = height * width
)

func plainGeM(x, p []float64) []float64 {
	out := make([]float64, batch*channels)
	for b := range batch {
		for c := range channels {
			sum := 0.0
			for i := range positions {
				sum += math.Pow(max(MinActivation, x[(b*positions+i)*channels+c]), p[c%len(p)]) / positions
			}
			out[b*channels+c] = math.Pow(sum, 1/p[c%len(p)])
		}
	}
	return out
}

func TestGeM(t *testing.T) {
	coefficients := normal(2, batch*channels) // a loss: pooled values times these
	for name, b := range backends(t) {
		for _, p := range [][]float64{{InitialExponent}, {1}, {1, 1.5, 3, 6, 10}} {
			x := normal(1, batch*positions*channels)
			dims := []int{len(p)}
			if len(p) == 1 {
				dims = nil
			}
			got := call(t, b, func(n []*graph.Node) []*graph.Node {
				y := GeM(n[0], n[1])
				loss := graph.ReduceAllSum(graph.Mul(y, n[2]))
				return append([]*graph.Node{y}, graph.Gradient(loss, n[0], n[1])...)
			}, tensor(x, batch, height, width, channels), tensor(p, dims...), tensor(coefficients, batch, channels))
			want := plainGeM(x, p)
			for i, w := range want {
				if math.Abs(float64(got[0][i])-w) > 1e-5*(1+w) {
					t.Errorf("%s, exponent %v: pooled[%d] = %g, want %g", name, p, i, got[0][i], w)
				}
			}
			loss := func() (sum float64) {
				for i, v := range plainGeM(x, p) {
					sum += coefficients[i] * v
				}
				return sum
			}
			differences(t, fmt.Sprint(name, ", activations, exponent ", p), got[1], x, loss)
			differences(t, fmt.Sprint(name, ", exponent ", p), got[2], p, loss)
		}
	}
}

// Nothing active, and activations whose powers overflow.
func TestGeMEdges(t *testing.T) {
	for name, b := range backends(t) {
		x := make([]float64, batch*positions*channels)
		for i := range positions * channels {
			x[i] = 1e15
		}
		got := call(t, b, func(n []*graph.Node) []*graph.Node {
			y := GeM(n[0], n[1])
			return append([]*graph.Node{y}, graph.Gradient(graph.ReduceAllSum(y), n[0], n[1])...)
		}, tensor(x, batch, height, width, channels), tensor([]float64{3}))
		for _, values := range got {
			for i, v := range values {
				if v != v || math.IsInf(float64(v), 0) {
					t.Fatalf("%s: value %d is %g", name, i, v)
				}
			}
		}
		if got[0][0] < 0.999e15 || math.Abs(float64(got[0][channels])-MinActivation) > 1e-9 {
			t.Errorf("%s: pooled to %g and %g", name, got[0][0], got[0][channels])
		}
	}
}

func TestBNNeck(t *testing.T) {
	const rows, n = 6, 3
	weights := []float64{1, 1, 0, 1, 1, 1}
	x, gamma, coefficients := normal(3, rows*n), []float64{1, 0.5, -2}, normal(4, rows*n)
	plain := func() (y, mean, variance []float64) {
		y, mean, variance = make([]float64, rows*n), make([]float64, n), make([]float64, n)
		for k := range n {
			for i, w := range weights {
				mean[k] += w * x[i*n+k] / 5
			}
			for i, w := range weights {
				variance[k] += w * math.Pow(x[i*n+k]-mean[k], 2) / 5
			}
			for i := range rows {
				y[i*n+k] = gamma[k] * (x[i*n+k] - mean[k]) / math.Sqrt(variance[k]+Epsilon)
			}
		}
		return y, mean, variance
	}
	for name, b := range backends(t) {
		got := call(t, b, func(in []*graph.Node) []*graph.Node {
			out := BNNeck(in[0], BNNeckInput{Gamma: in[1], Train: true, Weights: in[2]})
			loss := graph.ReduceAllSum(graph.Mul(out.Normalized, in[3]))
			stored := BNNeck(in[0], BNNeckInput{Gamma: in[1], MovingMean: out.Mean, MovingVariance: out.Variance})
			return append([]*graph.Node{out.Normalized, out.Mean, out.Variance, stored.Normalized},
				graph.Gradient(loss, in[0], in[1])...)
		}, tensor(x, rows, n), tensor(gamma, n), tensor(weights, rows), tensor(coefficients, rows, n))
		y, mean, variance := plain()
		for o, want := range [][]float64{y, mean, variance, y} {
			for i, w := range want {
				if math.Abs(float64(got[o][i])-w) > 1e-5*(1+math.Abs(w)) {
					t.Errorf("%s: output %d[%d] = %g, want %g", name, o, i, got[o][i], w)
				}
			}
		}
		loss := func() (sum float64) {
			y, _, _ := plain()
			for i, v := range y {
				sum += coefficients[i] * v
			}
			return sum
		}
		differences(t, name+", features", got[4], x, loss)
		differences(t, name+", gamma", got[5], gamma, loss)
	}
}

func ExampleGeM() {
	b, err := compute.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	exec, err := graph.NewExec(b, GeM)
	if err != nil {
		fmt.Println(err)
		return
	}
	activations := tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 6}, 1, 2, 2, 1)
	for _, p := range []float32{1, InitialExponent, 50} {
		pooled, err := exec.Call1(activations, p)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("exponent %g: %.2f\n", p, tensors.MustCopyFlatData[float32](pooled)[0])
	}
	// Output:
	// exponent 1: 3.00
	// exponent 3: 3.98
	// exponent 50: 5.84
}
