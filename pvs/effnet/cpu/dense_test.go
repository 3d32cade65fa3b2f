//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Outputs, gradients and Adam's step of a dense layer are those of plain loops, for many shapes.
func TestDense(t *testing.T) {
	needsCPUEngine(t)
	for _, lanes := range cpu.Lanes() {
		for _, size := range []struct{ in, out, rows int }{{8, 1, 1}, {24, 3, 5}, {64, 37, 13}, {40, 100, 300},
			{1280, 48, 6}} {
			t.Run(fmt.Sprint(lanes, size), func(t *testing.T) {
				in, out, rows := size.in, size.out, size.rows
				d, err := cpu.NewDenseFor(in, out, lanes)
				if err != nil {
					t.Fatal(err)
				}
				x, kernel, bias := noise(1, rows*in), noise(2, in*out), noise(3, out)
				width := d.Width()
				y, dy := make([]float32, rows*width), make([]float32, rows*width)
				if err := d.Forward(x, kernel, bias, y); err != nil {
					t.Fatal(err)
				}
				outputGradient := noise(4, rows*out)
				for r := range rows {
					copy(dy[r*width:], outputGradient[r*out:(r+1)*out])
				}
				dx, dKernel, dBias := make([]float32, rows*in), make([]float32, in*out), make([]float32, out)
				if err := d.Backward(x, kernel, dy, dx, dBias, nil, cpu.Trained{Weights: dKernel}); err != nil {
					t.Fatal(err)
				}
				for r := range rows {
					for o := range width {
						sum := 0.0
						if o < out {
							sum = float64(bias[o])
						}
						for i := 0; i < in && o < out; i++ {
							sum += float64(x[r*in+i]) * float64(kernel[i*out+o])
						}
						near(t, "y", y[r*width+o], sum)
					}
					for i := range in {
						sum := 0.0
						for o := range out {
							sum += float64(outputGradient[r*out+o]) * float64(kernel[i*out+o])
						}
						near(t, "dx", dx[r*in+i], sum)
					}
				}
				// With Adam the kernel takes its step at once, and dx is that of the weights before it.
				a := cpu.Adam{StepSize: 0.1, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
				stepped, want := slices.Clone(kernel), cpu.Trained{Weights: slices.Clone(kernel), M: make([]float32, in*out),
					V: make([]float32, in*out)}
				again := make([]float32, rows*in)
				err = d.Backward(x, stepped, dy, again, dBias, &a, cpu.Trained{Weights: stepped, M: make([]float32, in*out),
					V: make([]float32, in*out)})
				if err != nil {
					t.Fatal(err)
				}
				a.StepFor(dKernel, want, lanes)
				if !slices.Equal(again, dx) || !slices.Equal(stepped, want.Weights) {
					t.Error("a step at once differs from one with the gradient")
				}
				for o := range out {
					sum := 0.0
					for r := range rows {
						sum += float64(outputGradient[r*out+o])
					}
					near(t, "bias", dBias[o], sum)
					for i := range in {
						sum := 0.0
						for r := range rows {
							sum += float64(x[r*in+i]) * float64(outputGradient[r*out+o])
						}
						near(t, "kernel", dKernel[i*out+o], sum)
					}
				}
			})
		}
	}
	for _, size := range [][2]int{{12, 3}, {0, 3}, {8, 0}} {
		if _, err := cpu.NewDense(size[0], size[1]); err == nil {
			t.Errorf("a layer of %d to %d values was made", size[0], size[1])
		}
	}
}

// Adam's steps are those of the formula, for whole vectors and for the rest.
func TestAdam(t *testing.T) {
	needsCPUEngine(t)
	a := cpu.Adam{StepSize: 0.03, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
	for _, lanes := range append(cpu.Lanes(), 0) { // 0: the plain loop of other processors
		for _, n := range []int{1, 7, 16, 40, 1001} {
			w, m, v := noise(1, n), make([]float32, n), make([]float32, n)
			want, first, second := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range want {
				want[i] = float64(w[i])
			}
			for step := range 3 {
				g := noise(uint64(step), n)
				for i := range n {
					gradient := float64(g[i])
					first[i] += (gradient - first[i]) * 0.1
					second[i] += (gradient*gradient - second[i]) * 0.001
					want[i] -= first[i] * 0.03 / (math.Sqrt(second[i]) + 1e-7)
				}
				a.StepFor(g, cpu.Trained{Weights: w, M: m, V: v}, lanes)
			}
			for i := range n {
				near(t, "weight", w[i], want[i])
				near(t, "m", m[i], first[i])
				near(t, "v", v[i], second[i])
			}
		}
	}
}

// noise is values from -1 to 1.
func noise(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = 2*rng.Float32() - 1
	}
	return x
}

func near(t *testing.T, what string, got float32, want float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > 2e-5*(1+math.Abs(want)) {
		t.Fatalf("%s is %g, not %g", what, got, want)
	}
}
