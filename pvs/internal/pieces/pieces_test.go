//go:build cgo && amd64

package pieces

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func ExampleActivate() {
	x, derivatives := []float32{-1, 3, 7}, make([]float32, 3)
	for _, lanes := range Lanes()[:min(1, len(Lanes()))] {
		Activate(lanes, ReLU6, x, derivatives)
	}
	fmt.Println(x, derivatives)
	// Output: [0 3 6] [0 1 0]
}

// each runs a test for all vectors of float32.
func each(t *testing.T, test func(t *testing.T, lanes int)) {
	t.Helper()
	all := Lanes()
	if len(all) == 0 {
		t.Skip("the CPU engine does not run on this processor")
	}
	for _, lanes := range all {
		if lanes != Float16 {
			t.Run(fmt.Sprint("lanes=", lanes), func(t *testing.T) { test(t, lanes) })
		}
	}
}

var rng = rand.New(rand.NewPCG(1, 2))

// noise is n values from -1 to 1, in memory that ends with them.
func noise(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 2*rng.Float32() - 1
	}
	return x
}

// near holds values to what float32 loses in a sum.
func near(t *testing.T, what string, got []float32, want func(i int) float64) {
	t.Helper()
	for i, v := range got {
		w := want(i)
		if d := math.Abs(float64(v) - w); !(d <= 3e-5*(1+math.Abs(w))) {
			t.Fatalf("%s: value %d is %g, not %g", what, i, v, w)
		}
	}
}

// activation is an activation function's value and its derivative.
func activation(act int, x float64) (y, derivative float64) {
	switch act {
	case Swish:
		s := 1 / (1 + math.Exp(-x))
		return x * s, s + x*s*(1-s)
	case ReLU6:
		if x > 0 && x < 6 {
			return x, 1
		}
		return max(0, min(6, x)), 0
	}
	return x, 0
}

// filled is n padded to whole vectors.
func filled(n, lanes int) int { return (n + lanes - 1) / lanes * lanes }

// packed is w[rows, columns] in panels of two vectors, the last of which has what is left, at most so many; there are
// fill rows, those behind w's zeros.
func packed(w []float32, rows, columns, lanes, most, fill int) []float32 {
	var out []float32
	for c, left := 0, filled(columns, lanes); left > 0; {
		width := min(2*lanes, left)
		if left <= most*lanes {
			width = left
		}
		for r := range fill {
			for j := range width {
				v := float32(0)
				if r < rows && c+j < columns {
					v = w[r*columns+c+j]
				}
				out = append(out, v)
			}
		}
		c, left = c+width, left-width
	}
	return out
}

func TestActivate(t *testing.T) {
	for _, lanes := range Lanes() {
		for act := range 3 {
			for _, n := range []int{1, 7, 8, 9, 31, 64, 1001} {
				x, derivatives := noise(n), make([]float32, n)
				for i := range x {
					x[i] *= 20
				}
				want := append([]float32{}, x...)
				Activate(lanes, act, x, derivatives)
				within := 1e-6
				if lanes == Float16 {
					within = 2e-2
				}
				for i, v := range want {
					y, derivative := activation(act, float64(v))
					if d := math.Abs(float64(x[i]) - y); d > within*(1+math.Abs(y)) {
						t.Fatalf("%d lanes, activation %d of %g is %g, not %g", lanes, act, v, x[i], y)
					}
					if lanes == Float16 && math.Abs(math.Abs(float64(v)-3)-3) < 0.01 { // a corner, rounded over
						continue
					}
					if d := math.Abs(float64(derivatives[i]) - derivative); act != Linear && d > within*2 {
						t.Fatalf("%d lanes, the derivative of activation %d at %g is %g, not %g", lanes, act, v, derivatives[i],
							derivative)
					}
				}
			}
		}
	}
}

// nans are NaN with other bits each.
func nans() []float32 {
	var all []float32
	for _, bits := range []uint32{0x7fc00000, 0x7fc00001, 0x7fffffff, 0xffffffff, 0xffc00000, 0x7f800001, 0x7fc001ff} {
		all = append(all, math.Float32frombits(bits))
	}
	return all
}

// NaN stays NaN, whatever its bits and its lane; its neighbours do not change.
func TestNaNStays(t *testing.T) {
	for _, lanes := range Lanes() {
		for act := range 3 {
			for _, nan := range nans() {
				for i := range 33 {
					x, derivatives := noise(33), make([]float32, 33)
					x[i] = nan
					Activate(lanes, act, x, derivatives)
					for j := range x {
						if isNaN := x[j] != x[j]; isNaN != (i == j) {
							t.Fatalf("%d lanes, activation %d: value %d is %g where %d is NaN (%x)", lanes, act, j, x[j], i,
								math.Float32bits(nan))
						}
						if isNaN := derivatives[j] != derivatives[j]; act != Linear && isNaN != (i == j) {
							t.Fatalf("%d lanes, activation %d: derivative %d is %g where %d is NaN (%x)", lanes, act, j, derivatives[j], i,
								math.Float32bits(nan))
						}
					}
				}
			}
		}
	}
	each(t, func(t *testing.T, lanes int) {
		for _, nan := range nans() {
			means, gate := noise(24), make([]float32, 24)
			means[11] = nan
			Gate(lanes, 24, 3, noise(72), noise(3), noise(72), noise(24), means, gate)
			for i, v := range gate {
				if v == v {
					t.Fatalf("the gate's factor %d is %g where a mean is NaN (%x)", i, v, math.Float32bits(nan))
				}
			}
		}
	})
}

func TestProducts(t *testing.T) {
	each(t, func(t *testing.T, lanes int) {
		for _, s := range []struct{ rows, in, out int }{{1, 1, 8}, {5, 27, 16}, {13, 24, 40}, {49, 40, 24}, {7, 33, 112},
			{3, 129, 8}, {100, 16, 48}} {
			x, w, bias, residual := noise(s.rows*s.in), noise(s.in*s.out), noise(filled(s.out, lanes)), noise(s.rows*s.out)
			y := make([]float32, s.rows*s.out)
			sum := func(i int) float64 {
				total := float64(bias[i%s.out])
				for k := range s.in {
					total += float64(x[i/s.out*s.in+k]) * float64(w[k*s.out+i%s.out])
				}
				return total
			}
			panels := packed(w, s.in, s.out, lanes, 3, s.in)
			for act := range 3 {
				MatrixProduct(lanes, panels, bias, s.in, s.out, x, act, 1, nil, y)
				near(t, fmt.Sprint("product ", s, act), y, func(i int) float64 { a, _ := activation(act, sum(i)); return a })
			}
			MatrixProduct(lanes, panels, bias, s.in, s.out, x, Linear, 0.5, residual, y)
			near(t, fmt.Sprint("product and residual ", s), y, func(i int) float64 { return sum(i)/2 + float64(residual[i]) })
			channelPanels := packed(w, s.in, s.out, lanes, 2, s.in)
			for c := 0; c < filled(s.out, lanes); c += 2 * lanes {
				width := min(2*lanes, filled(s.out, lanes)-c)
				y, derivatives, start := make([]float32, s.rows*width), make([]float32, s.rows*width),
					append([]float32{}, bias[c:c+width]...)
				for i := range start {
					if c+i >= s.out {
						start[i] = 0
					}
				}
				PointwisePanel(lanes, width/lanes, channelPanels[c*s.in:], start, s.in, x, Swish, y, derivatives)
				want := func(i int) (float64, float64) {
					if c+i%width >= s.out {
						return activation(Swish, 0)
					}
					return activation(Swish, sum(i/width*s.out+c+i%width))
				}
				near(t, fmt.Sprint("panel ", s, c), y, func(i int) float64 { a, _ := want(i); return a })
				near(t, fmt.Sprint("panel's derivatives ", s, c), derivatives, func(i int) float64 { _, d := want(i); return d })
			}
		}
	})
}

// Matrix products of the backward pass, added to what is there.
func TestWeightGradient(t *testing.T) {
	each(t, func(t *testing.T, lanes int) {
		for _, s := range []struct{ positions, columns int }{{1, 8}, {5, 16}, {257, 24}, {600, 40}, {49, 112}} {
			for vectors := 1; vectors <= 2; vectors++ {
				width := vectors * lanes
				x, y, sums := noise(s.positions*s.columns), noise(s.positions*width), noise(s.columns*width)
				before := append([]float32{}, sums...)
				AddWeightGradient(lanes, vectors, x, s.columns, y, sums)
				near(t, fmt.Sprint("cross ", s, vectors), sums, func(i int) float64 {
					total := float64(before[i])
					for p := range s.positions {
						total += float64(x[p*s.columns+i/width]) * float64(y[p*width+i%width])
					}
					return total
				})
			}
		}
		for _, s := range []struct{ rows, panels, out int }{{1, 1, 8}, {5, 3, 24}, {13, 2, 40}, {30, 4, 112}} {
			depth := 2 * lanes
			in := (s.panels + 1) * depth
			x, w, y := noise(s.panels*s.rows*depth), noise(in*s.out), noise(s.rows*s.out)
			before := append([]float32{}, y...)
			AddPanelProducts(lanes, packed(w, in, s.out, lanes, 3, in), in, s.out, depth, s.panels, x, s.rows, depth, y)
			near(t, fmt.Sprint("panels ", s), y, func(i int) float64 {
				total := float64(before[i])
				for p := range s.panels {
					for k := range depth {
						total += float64(x[(p*s.rows+i/s.out)*depth+k]) * float64(w[((p+1)*depth+k)*s.out+i%s.out])
					}
				}
				return total
			})
		}
	})
}

// zeros is how many zeros TensorFlow pads before.
func zeros(side, size, stride int) int {
	return max(0, ((side+stride-1)/stride-1)*stride+size-side) / 2
}

func TestDepthwise(t *testing.T) {
	each(t, func(t *testing.T, lanes int) {
		for _, size := range []int{3, 5} {
			for stride := 1; stride <= 2; stride++ {
				for _, s := range []struct{ count, side, channels int }{{1, 1, 8}, {2, 5, 24}, {1, 7, 40}, {3, 14, 16}, {1, 33, 8},
					{1, 112, 32}} {
					what := fmt.Sprint(size, stride, s)
					out, before := (s.side+stride-1)/stride, zeros(s.side, size, stride)
					x, w, bias := noise(s.count*s.side*s.side*s.channels), noise(size*size*s.channels),
						noise(filled(s.channels, lanes))
					// over calls f with the indices of x and w that make up one of y.
					over := func(i, y, xx, c int, f func(x, w int)) {
						for ky := range size {
							for kx := range size {
								iy, ix := y*stride+ky-before, xx*stride+kx-before
								if iy >= 0 && iy < s.side && ix >= 0 && ix < s.side {
									f(((i*s.side+iy)*s.side+ix)*s.channels+c, (ky*size+kx)*s.channels+c)
								}
							}
						}
					}
					y, sums := make([]float32, s.count*out*out*s.channels), make([]float32, s.count*s.channels)
					ExpandDepthwise(lanes, packed(w, size*size, s.channels, lanes, 2, size*size), bias, s.channels, size, stride, x,
						s.side, Swish, y, sums)
					total := make([]float64, len(sums))
					near(t, "convolution "+what, y, func(n int) float64 {
						sum := float64(bias[n%s.channels])
						p := n / s.channels
						over(p/out/out, p/out%out, p%out, n%s.channels, func(a, b int) { sum += float64(x[a]) * float64(w[b]) })
						v, _ := activation(Swish, sum)
						total[p/out/out*s.channels+n%s.channels] += v
						return v
					})
					for i, v := range total {
						if d := math.Abs(float64(sums[i]) - v); d > 1e-5*float64(out*out) {
							t.Fatalf("sums %s: value %d is %g, not %g", what, i, sums[i], v)
						}
					}
					if s.count > 1 || s.channels > 2*lanes || s.side > 40 {
						continue
					}
					depthwiseBackward(t, lanes, what, size, stride, s.side, s.channels, w, over)
				}
			}
		}
	})
}

// depthwiseBackward tests the gradients of one panel of an image.
func depthwiseBackward(t *testing.T, lanes int, what string, size, stride, side, channels int, w []float32,
	over func(i, y, x, c int, f func(x, w int))) {
	t.Helper()
	vectors := filled(channels, lanes) / lanes
	width, out := vectors*lanes, (side+stride-1)/stride
	panel := func(x []float32) []float32 { return packed(x, len(x)/channels, channels, lanes, 2, len(x)/channels) }
	x, dy := noise(side*side*channels), noise(out*out*channels)
	kernel, dx := make([]float64, size*size*channels), make([]float64, side*side*channels)
	for n, v := range dy {
		p := n / channels
		over(0, p/out, p%out, n%channels, func(a, b int) {
			kernel[b] += float64(x[a]) * float64(v)
			dx[a] += float64(w[b]) * float64(v)
		})
	}
	at := func(all []float64, i int) float64 { // in rows of width
		if i%width >= channels {
			return 0
		}
		return all[i/width*channels+i%width]
	}
	factors, add := noise(side*side*width), noise(side*side*channels)
	multiply, sums, more := append([]float32{}, factors...), make([]float32, size*size*width), append([]float32{}, add...)
	DepthwiseBackward(lanes, vectors, panel(w), size, stride, panel(x), side, panel(dy), sums, multiply, nil, channels)
	near(t, "gradient of the weights "+what, sums, func(i int) float64 { return at(kernel, i) })
	near(t, "gradient of what enters "+what, multiply, func(i int) float64 { return at(dx, i) * float64(factors[i]) })
	DepthwiseBackward(lanes, vectors, panel(w), size, stride, panel(x), side, panel(dy), sums, nil, more, channels)
	near(t, "gradient that is added "+what, more, func(i int) float64 { return dx[i] + float64(add[i]) })
	near(t, "gradient of the weights, twice "+what, sums, func(i int) float64 { return 2 * at(kernel, i) })
}

func TestGates(t *testing.T) {
	each(t, func(t *testing.T, lanes int) {
		for _, s := range []struct{ count, expanded, squeezed int }{{1, 8, 1}, {2, 24, 3}, {3, 40, 10}, {1, 112, 28}} {
			w1, b1, w2, b2 := noise(s.expanded*s.squeezed), noise(s.squeezed), noise(s.expanded*s.squeezed), noise(s.expanded)
			means, gate := noise(s.count*s.expanded), make([]float32, s.count*s.expanded)
			Gate(lanes, s.expanded, s.squeezed, w1, b1, w2, b2, means, gate)
			near(t, fmt.Sprint("gate ", s), gate, func(i int) float64 {
				sum := float64(b2[i%s.expanded])
				for k := range s.squeezed {
					in := float64(b1[k])
					for c := range s.expanded {
						in += float64(means[i/s.expanded*s.expanded+c]) * float64(w1[c*s.squeezed+k])
					}
					a, _ := activation(Swish, in)
					sum += a * float64(w2[k*s.expanded+i%s.expanded])
				}
				return 1 / (1 + math.Exp(-sum))
			})
		}
	})
}

func TestSums(t *testing.T) {
	each(t, func(t *testing.T, lanes int) {
		for _, s := range []struct{ rows, channels int }{{1, 8}, {5, 24}, {129, 40}, {400, 16}, {77, 32}} {
			what := fmt.Sprint(s)
			fill := filled(s.channels, lanes)
			x, dy, mean := noise(s.rows*s.channels), noise(s.rows*s.channels), noise(fill)
			// sum is of a channel.
			sum := func(c int, f func(i int) float64) float64 {
				total := 0.0
				for r := range s.rows {
					total += f(r*s.channels + c)
				}
				return total
			}
			sums, back := make([]float32, 2*fill), make([]float32, 2*fill)
			BatchNormSums(lanes, x, s.channels, mean, sums)
			BatchNormBackwardSums(lanes, dy, x, s.channels, mean, back)
			off := func(i int) float64 { return float64(x[i]) - float64(mean[i%s.channels]) }
			near(t, "sums "+what, sums[:s.channels], func(c int) float64 { return sum(c, off) })
			near(t, "squares "+what, sums[fill:fill+s.channels],
				func(c int) float64 { return sum(c, func(i int) float64 { return off(i) * off(i) }) })
			near(t, "sums of gradients "+what, back[:s.channels],
				func(c int) float64 { return sum(c, func(i int) float64 { return float64(dy[i]) }) })
			near(t, "products "+what, back[fill:fill+s.channels],
				func(c int) float64 { return sum(c, func(i int) float64 { return float64(dy[i]) * off(i) }) })

			average := make([]float32, s.channels)
			Average(lanes, x, s.rows, s.channels, average)
			near(t, "averages "+what, average,
				func(c int) float64 { return sum(c, func(i int) float64 { return float64(x[i]) }) / float64(s.rows) })

			a, b, c, d := noise(fill), noise(fill), noise(fill), noise(fill)
			out, derivatives := make([]float32, len(x)), []float32(nil)
			if s.channels%lanes == 0 { // derivatives are of whole vectors
				derivatives = make([]float32, len(x))
			}
			BatchNormActivate(lanes, a, b, Swish, x, s.channels, out, derivatives)
			at := func(i int) float64 { return float64(x[i])*float64(a[i%s.channels]) + float64(b[i%s.channels]) }
			near(t, "normalised "+what, out, func(i int) float64 { v, _ := activation(Swish, at(i)); return v })
			near(t, "derivatives "+what, derivatives, func(i int) float64 { _, v := activation(Swish, at(i)); return v })
			BatchNormInputGradient(lanes, mean, b, c, d, dy, x, s.channels, out)
			near(t, "gradients of what is normalised "+what, out, func(i int) float64 {
				k := i % s.channels
				return float64(dy[i])*float64(b[k]) - float64(c[k]) - off(i)*float64(d[k])
			})
			scaled := append([]float32{}, x...)
			Scale(lanes, scaled, a[:s.channels:s.channels])
			near(t, "scaled "+what, scaled, func(i int) float64 { return float64(x[i]) * float64(a[i%s.channels]) })
		}
		for _, n := range []int{1, 3, 8, 17, 1001} {
			x, y := noise(n), noise(n)
			total := 0.0
			for i := range x {
				total += float64(x[i]) * float64(y[i])
			}
			near(t, "scalar product", []float32{Dot(lanes, x, y)}, func(int) float64 { return total })
			sum := append([]float32{}, y...)
			AddScaled(lanes, x, 0.25, sum)
			near(t, "sum", sum, func(i int) float64 { return float64(y[i]) + float64(x[i])/4 })
		}
	})
}
