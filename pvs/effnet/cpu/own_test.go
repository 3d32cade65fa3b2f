//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Memory outside of Go's is all given back by Close, once and twice; what is closed says so, and running calls
// end first.
func TestClose(t *testing.T) {
	needsKernels(t)
	before := cpu.InUse()
	weights, x, features := values(mini), images(2, 32), make([]float32, 2*mini.Features())
	n, err := cpu.New(mini, weights, 32, effnet.Float32)
	if err != nil {
		t.Fatal(err)
	}
	training, err := cpu.NewTraining(mini, 32, cpu.TrainingOptions{Norms: true})
	if err != nil {
		t.Fatal(err)
	}
	if cpu.InUse() <= before {
		t.Fatal("nothing is held")
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			out := make([]float32, len(features))
			for n.Run(x, cpu.Options{}, out) == nil {
			}
		})
	}
	if err := training.Load(weights); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n.Close()
		training.Close()
	}
	running.Wait()
	if now := cpu.InUse(); now != before {
		t.Errorf("%d bytes are held, %d more than before", now, now-before)
	}
	for what, err := range map[string]error{
		"Run": n.Run(x, cpu.Options{}, features), "Load": training.Load(weights), "Forward": training.Forward(x, nil, features),
		"Backward": training.Backward(features), "Gradients": training.Gradients(map[string][]float32{}), "Step": training.Step(cpu.Adam{}, nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
}

// Where memory ends, at whatever piece, an error says so, and what was taken is given back.
func TestNoMemory(t *testing.T) {
	needsKernels(t)
	defer cpu.SetAllocate(nil)
	before := cpu.InUse()
	weights := values(mini)
	for what, build := range map[string]func() (interface{ Close() }, error){
		"a network": func() (interface{ Close() }, error) { return cpu.New(mini, weights, 32, effnet.Float32) },
		"a training": func() (interface{ Close() }, error) {
			return cpu.NewTraining(mini, 32, cpu.TrainingOptions{Norms: true})
		},
	} {
		for left := 0; ; left++ {
			pieces := left
			cpu.SetAllocate(func(line, bytes int) unsafe.Pointer {
				if pieces--; pieces < 0 {
					return nil
				}
				return cpu.Real(line, bytes)
			})
			made, err := build()
			if err == nil {
				made.Close()
				if left < 10 {
					t.Errorf("%s takes %d pieces", what, left)
				}
				break
			}
			if !strings.Contains(err.Error(), "no memory") || cpu.InUse() != before {
				t.Fatalf("%s with memory for %d pieces: %v, %d bytes held", what, left, err, cpu.InUse()-before)
			}
		}
	}
	if cpu.InUse() != before {
		t.Error("something is held")
	}
}

// Slices of other lengths than are needed, and classes that there are not, are refused before anything is read.
func TestBadSlices(t *testing.T) {
	needsKernels(t)
	d, err := cpu.NewDense(8, 3)
	if err != nil {
		t.Fatal(err)
	}
	width := d.Width()
	const rows = 2
	good := map[string]int{"x": rows * 8, "kernel": 24, "bias": 3, "y": rows * width, "dx": rows * 8, "m": 24, "v": 24, "to": 24}
	call := func(lengths map[string]int) (forward, backward error) {
		s := map[string][]float32{}
		for name, n := range lengths {
			s[name] = make([]float32, n)
		}
		return d.Forward(s["x"], s["kernel"], s["bias"], s["y"]),
			d.Backward(s["x"], s["kernel"], s["y"], s["dx"], s["bias"], &cpu.Adam{}, cpu.Trained{Weights: s["to"], M: s["m"], V: s["v"]})
	}
	if forward, backward := call(good); forward != nil || backward != nil {
		t.Fatal(forward, backward)
	}
	for name := range good {
		for _, by := range []int{-1, 1, -good[name], 8} {
			bad := map[string]int{}
			for k, n := range good {
				bad[k] = n
			}
			bad[name] += by
			forward, backward := call(bad)
			if slices.Contains([]string{"x", "kernel", "bias", "y"}, name) && forward == nil && by != -good[name] || backward == nil {
				t.Errorf("%s with %d values more is taken: %v, %v", name, by, forward, backward)
			}
		}
	}
	for _, label := range []int32{-1, 3, 1 << 30, -1 << 31} {
		if _, err := d.Softmax(make([]float32, width), []int32{label}); err == nil || !strings.Contains(err.Error(), fmt.Sprint(label)) {
			t.Errorf("class %d of 3: %v", label, err)
		}
	}
	if _, err := d.Softmax(make([]float32, width), []int32{0, 1}); err == nil {
		t.Error("two labels have one row")
	}
	a, w := cpu.Adam{}, func(n, m, v int) cpu.Trained {
		return cpu.Trained{Weights: make([]float32, n), M: make([]float32, m), V: make([]float32, v)}
	}
	for _, t4 := range [][4]int{{3, 2, 3, 3}, {3, 3, 2, 3}, {3, 3, 3, 2}, {3, 0, 0, 0}, {0, 3, 3, 3}} {
		if a.Step(make([]float32, t4[0]), w(t4[1], t4[2], t4[3])) == nil {
			t.Errorf("a step of %v is taken", t4)
		}
	}
	for _, size := range []int{0, -1} {
		if _, err := cpu.NewTraining(mini, size, cpu.TrainingOptions{}); err == nil {
			t.Errorf("images of %d pixels train", size)
		}
	}
	n, err := cpu.NewTraining(mini, 32, cpu.TrainingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := n.Forward(images(1, 32), nil, make([]float32, mini.Features())); err == nil || !strings.Contains(err.Error(), "load") {
		t.Errorf("a network without weights: %v", err)
	}
}

// Weights lie in panels as a plain loop puts them, and sums come back as one would bring them, by themselves and
// with a step of Adam.
func TestPacking(t *testing.T) {
	needsKernels(t)
	for _, lanes := range cpu.Lanes() {
		for _, s := range []struct{ rows, columns int }{{1, 1}, {3, 8}, {27, 17}, {9, 40}, {16, 48}, {33, 100}} {
			for _, wide := range []bool{false, true} {
				for _, transposed := range []bool{false, true} {
					what := fmt.Sprint(lanes, s, wide, transposed)
					w := noise(1, s.rows*s.columns)
					factor := noise(2, s.columns)
					if transposed {
						factor = noise(2, s.rows)
					}
					// at is where a value of the matrix is in the weights, and by its factor.
					at := func(r, c int) (int, float32) {
						if transposed {
							return c*s.rows + r, factor[r]
						}
						return r*s.columns + c, factor[c]
					}
					var want []float32
					place := make([]int, len(w)) // of each weight
					for c, left := 0, (s.columns+lanes-1)/lanes*lanes; left > 0; {
						width := min(2*lanes, left)
						if !wide && left == 3*lanes {
							width = left
						}
						for r := range s.rows {
							for j := range width {
								v := float32(0)
								if c+j < s.columns {
									i, by := at(r, c+j)
									v, place[i] = w[i]*by, len(want)
								}
								want = append(want, v)
							}
						}
						c, left = c+width, left-width
					}
					if got := cpu.Pack(lanes, wide, transposed, s.rows, s.columns, w, factor); !slices.Equal(got, want) {
						t.Fatalf("%s: weights lie elsewhere", what)
					}
					const parts = 3
					sums := noise(3, parts*len(want))
					total := func(i int) float64 {
						sum := 0.0
						for p := range parts {
							sum += float64(sums[p*len(want)+place[i]])
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
					cpu.Unpack(lanes, wide, transposed, s.rows, s.columns, copied, parts, factor, nil, cpu.Trained{Weights: got})
					for i, v := range got {
						near(t, what+": gradient", v, total(i))
					}
					if slices.ContainsFunc(copied, func(v float32) bool { return v != 0 }) {
						t.Fatalf("%s: sums are left", what)
					}
					a := cpu.Adam{Rate: 0.1, Mean: 0.1, Square: 0.001, Epsilon: 1e-7}
					stepped := cpu.Trained{Weights: slices.Clone(w), M: noise(4, len(w)), V: make([]float32, len(w))}
					plain := cpu.Trained{Weights: slices.Clone(w), M: noise(4, len(w)), V: make([]float32, len(w))}
					cpu.Unpack(lanes, wide, transposed, s.rows, s.columns, slices.Clone(sums), parts, factor, &a, stepped)
					a.StepFor(got, plain, 0)
					for i, v := range plain.Weights {
						near(t, what+": step", stepped.Weights[i], float64(v))
					}
				}
			}
		}
	}
}

// What is stored past the cache is fenced before C returns: a reader on another core would else need luck.
func TestStreamsAreFenced(t *testing.T) {
	files, err := filepath.Glob("*.h")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(source)
		if strings.Contains(text, "_stream_ps") && !strings.HasPrefix(file, "vector") {
			t.Errorf("%s stores past the cache without stream()", file)
		}
		// Of what C exports only the way forward of training keeps what is read much later.
		if strings.Contains(text, "stream(") && file != "kept.h" && !strings.HasPrefix(file, "vector") {
			t.Errorf("%s streams: fence it where Go called, in export.h, and name it here", file)
		}
	}
	source, _ := os.ReadFile("export.h")
	_, rest, _ := strings.Cut(string(source), "PVS_EXPORT(pvs_forward)")
	body, _, _ := strings.Cut(rest, "\n}")
	forward, fence := strings.Index(body, "forward(t,"), strings.Index(body, "_mm_sfence()")
	if forward < 0 || fence < forward {
		t.Errorf("the way forward is not fenced:\n%s", body)
	}
}
