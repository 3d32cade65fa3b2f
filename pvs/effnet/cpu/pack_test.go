//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Packed weights lie where plain loops put them, and unpacked gradients are those of plain loops, by themselves and
// with a step of Adam.
func TestPacking(t *testing.T) {
	needsCPUEngine(t)
	for _, lanes := range cpu.Lanes() {
		for _, s := range []struct{ rows, columns int }{{1, 1}, {3, 8}, {27, 17}, {9, 40}, {16, 48}, {33, 100}} {
			for _, channel := range []bool{false, true} {
				for _, transposed := range []bool{false, true} {
					what := fmt.Sprint(lanes, s, channel, transposed)
					w := noise(1, s.rows*s.columns)
					factor := noise(2, s.columns)
					if transposed {
						factor = noise(2, s.rows)
					}
					// at is the index of a value of the matrix in the unpacked weights, and its factor.
					at := func(r, c int) (int, float32) {
						if transposed {
							return c*s.rows + r, factor[r]
						}
						return r*s.columns + c, factor[c]
					}
					var want []float32
					position := make([]int, len(w)) // of each weight
					for c, left := 0, (s.columns+lanes-1)/lanes*lanes; left > 0; {
						width := min(2*lanes, left)
						if !channel && left == 3*lanes {
							width = left
						}
						for r := range s.rows {
							for j := range width {
								v := float32(0)
								if c+j < s.columns {
									i, by := at(r, c+j)
									v, position[i] = w[i]*by, len(want)
								}
								want = append(want, v)
							}
						}
						c, left = c+width, left-width
					}
					if got := cpu.Pack(lanes, channel, transposed, s.rows, s.columns, w, factor); !slices.Equal(got, want) {
						t.Fatalf("%s: weights lie elsewhere", what)
					}
					const parts = 3
					sums := noise(3, parts*len(want))
					total := func(i int) float64 {
						sum := 0.0
						for p := range parts {
							sum += float64(sums[p*len(want)+position[i]])
						}
						for r := range s.rows {
							for c := range s.columns {
								if k, by := at(r, c); k == i {
									return sum * float64(by)
								}
							}
						}
						return 0
					}
					got := make([]float32, len(w))
					copied := slices.Clone(sums)
					cpu.Unpack(lanes, channel, transposed, s.rows, s.columns, copied, parts, factor, nil, cpu.Trained{Weights: got})
					for i, v := range got {
						near(t, what+": gradient", v, total(i))
					}
					if slices.ContainsFunc(copied, func(v float32) bool { return v != 0 }) {
						t.Fatalf("%s: sums are left", what)
					}
					a := cpu.Adam{StepSize: 0.1, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
					stepped := cpu.Trained{Weights: slices.Clone(w), M: noise(4, len(w)), V: make([]float32, len(w))}
					plain := cpu.Trained{Weights: slices.Clone(w), M: noise(4, len(w)), V: make([]float32, len(w))}
					cpu.Unpack(lanes, channel, transposed, s.rows, s.columns, slices.Clone(sums), parts, factor, &a, stepped)
					a.StepFor(got, plain, 0)
					for i, v := range plain.Weights {
						near(t, what+": step", stepped.Weights[i], float64(v))
					}
				}
			}
		}
	}
}
