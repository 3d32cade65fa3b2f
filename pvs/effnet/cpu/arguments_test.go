//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Slices of wrong lengths, and classes that do not exist, are refused before anything is read.
func TestBadSlices(t *testing.T) {
	needsCPUEngine(t)
	d, err := cpu.NewDense(8, 3)
	if err != nil {
		t.Fatal(err)
	}
	width := d.Width()
	const rows = 2
	good := map[string]int{"x": rows * 8, "kernel": 24, "bias": 3, "y": rows * width, "dx": rows * 8, "m": 24, "v": 24,
		"to": 24}
	call := func(lengths map[string]int) (forward, backward error) {
		s := map[string][]float32{}
		for name, n := range lengths {
			s[name] = make([]float32, n)
		}
		return d.Forward(s["x"], s["kernel"], s["bias"], s["y"]),
			d.Backward(s["x"], s["kernel"], s["y"], s["dx"], s["bias"], &cpu.Adam{}, cpu.Trained{Weights: s["to"], M: s["m"],
				V: s["v"]})
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
			if slices.Contains([]string{"x", "kernel", "bias", "y"}, name) && forward == nil && by != -good[name] ||
				backward == nil {
				t.Errorf("%s with %d values more is taken: %v, %v", name, by, forward, backward)
			}
		}
	}
	for _, label := range []int32{-1, 3, 1 << 30, -1 << 31} {
		if _, err := d.Softmax(make([]float32, width), []int32{label}); err == nil || !strings.Contains(err.Error(),
			fmt.Sprint(label)) {
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
	if err := n.Forward(images(1, 32), nil, make([]float32, mini.Features())); err == nil ||
		!strings.Contains(err.Error(), "load") {
		t.Errorf("a network without weights: %v", err)
	}
}
