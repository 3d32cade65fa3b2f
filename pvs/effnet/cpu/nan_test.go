//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// nans are NaN with many payloads: as processors make them, and as broken files may have them.
var nans = []float32{math.Float32frombits(0x7fc00000), math.Float32frombits(0x7fffffff),
	math.Float32frombits(0xffffffff), math.Float32frombits(0x7f800001)}

// isNaN says whether any value is NaN, and whether all are.
func isNaN(x []float32) (any, all bool) {
	all = true
	for _, v := range x {
		if v != v {
			any = true
		} else {
			all = false
		}
	}
	return any, all
}

// broken is a network's weights with one value replaced.
func broken(c effnet.Config, name string, at int, by float32) map[string][]float32 {
	all := values(c)
	all[name][at] = by
	return all
}

// One NaN among the weights makes NaN of features: of all of them, but for the last convolution's weights, each of
// which belongs to one feature. So it does in the forward and the backward pass, whatever the weight, the lanes and
// the precision.
func TestNaNWeight(t *testing.T) {
	needsCPUEngine(t)
	const size = 32
	for _, c := range []effnet.Config{lite, mini} {
		x, dim := images(2, size), c.Features()
		features := make([]float32, 2*dim)
		for i, v := range c.Variables() {
			if testing.Short() && i%9 != 0 {
				continue
			}
			at, by := i%v.Size(), nans[i%len(nans)]
			weights := broken(c, v.Name, at, by)
			last := strings.HasPrefix(v.Name, "top_")
			hold := func(what string, all bool) {
				t.Helper()
				if any, every := isNaN(features); !any || all && !every {
					t.Errorf("%s, %s of %s[%d] is NaN (%x): features are numbers", c.Title, what, v.Name, at, math.Float32bits(by))
				}
			}
			for name, n := range networks(t, c, weights, size) {
				clear(features)
				if err := n.Run(x, cpu.Options{}, features); err != nil {
					t.Fatal(err)
				}
				hold(name, !last)
			}
			for _, batchNorms := range []bool{false, true} {
				if batchNorms && (v.Statistic() || strings.HasSuffix(v.Name, "/moving_mean")) {
					continue // those of the batch are used
				}
				for _, lanes := range cpu.Lanes() {
					n, err := cpu.NewTrainingFor(c, size, cpu.TrainingOptions{Norms: batchNorms}, lanes)
					if err != nil {
						t.Fatal(err)
					}
					clear(features)
					got := map[string][]float32{}
					for _, err := range []error{n.Load(weights), n.Forward(x, nil, features), n.Backward(normal(2 * dim)),
						n.Gradients(got)} {
						if err != nil {
							t.Fatal(err)
						}
					}
					hold(fmt.Sprintf("training with %d lanes, batchNorms %t,", lanes, batchNorms), !last)
					none := true
					for _, g := range got {
						any, _ := isNaN(g)
						none = none && !any
					}
					if none {
						t.Errorf("%s, %d lanes, batchNorms %t: gradients are numbers where %s[%d] is NaN", c.Title, lanes, batchNorms,
							v.Name, at)
					}
					n.Close()
				}
			}
		}
	}
}

// An infinite weight stays infinite in float16; finite ones beyond the largest float16 become that.
func TestFloat16Infinite(t *testing.T) {
	if !cpu.Supports(effnet.Float16) {
		t.Skip("this processor has no float16")
	}
	for by, number := range map[float32]bool{float32(math.Inf(1)): false, 1e30: true} {
		weights := values(mini)
		clear(weights["top_conv/kernel"])
		weights["top_conv/kernel"][0] = by
		n, err := cpu.NewFloat16(mini, weights, 32)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, mini.Features())
		if err := n.Run(images(1, 32), cpu.Options{}, out); err != nil {
			t.Fatal(err)
		}
		if finite := out[0]-out[0] == 0; finite && !number {
			t.Errorf("a weight of %g gives the feature %g", by, out[0])
		}
		n.Close()
	}
}

// A NaN logit makes NaN of its row's loss and gradients, and its prediction is not correct; the other rows do not
// change.
func TestNaNLogit(t *testing.T) {
	needsCPUEngine(t)
	for _, lanes := range cpu.Lanes() {
		for _, out := range []int{1, 3, 16, 37, 100} {
			d, err := cpu.NewDenseFor(8, out, lanes)
			if err != nil {
				t.Fatal(err)
			}
			width := d.Width()
			logits, labels := make([]float32, 3*width), []int32{int32(out - 1), int32(out / 2), 0}
			for r := range 3 {
				copy(logits[r*width:], noise(uint64(r), out))
			}
			plain := slices.Clone(logits)
			want, err := d.Softmax(plain, labels)
			if err != nil {
				t.Fatal(err)
			}
			for i := range out {
				for _, nan := range nans {
					got := slices.Clone(logits)
					got[width+i] = nan
					losses, err := d.Softmax(got, labels)
					if err != nil {
						t.Fatal(err)
					}
					_, all := isNaN(got[width : width+out])
					if f := losses[1]; f.Loss == f.Loss || f.Correct || !all {
						t.Fatalf("%d lanes, logit %d of %d is NaN (%x): loss %g, losses %t, gradients %v", lanes, i, out,
							math.Float32bits(nan), f.Loss, f.Correct, got[width:width+out])
					}
					if losses[0] != want[0] || losses[2] != want[2] || !slices.Equal(got[:width], plain[:width]) ||
						!slices.Equal(got[2*width:], plain[2*width:]) {
						t.Fatalf("%d lanes, logit %d of %d is NaN: other rows have changed", lanes, i, out)
					}
				}
			}
		}
	}
}

// A NaN gradient makes NaN of its own weight and moments, and of no others.
func TestNaNGradient(t *testing.T) {
	needsCPUEngine(t)
	a := cpu.Adam{StepSize: 0.03, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
	for _, lanes := range append(cpu.Lanes(), 0) {
		for i := range 19 {
			g, w := noise(1, 19), cpu.Trained{Weights: noise(2, 19), M: make([]float32, 19), V: make([]float32, 19)}
			g[i] = nans[i%len(nans)]
			a.StepFor(g, w, lanes)
			for what, x := range map[string][]float32{"weight": w.Weights, "first moment": w.M, "second moment": w.V} {
				for j, v := range x {
					if (v != v) != (i == j) {
						t.Fatalf("%d lanes: gradient %d is NaN, %s %d is %g", lanes, i, what, j, v)
					}
				}
			}
		}
	}
}

// After a batch of NaN, whose gradients are dropped, the next one has the gradients that it has without it.
func TestAfterNaN(t *testing.T) {
	needsCPUEngine(t)
	good, bad := images(2, 32), images(2, 32)
	for i := range bad {
		bad[i] = nans[0]
	}
	dFeatures, features := normal(2*mini.Features()), make([]float32, 2*mini.Features())
	for i := range 2 * len(cpu.Lanes()) {
		batchNorms := i%2 == 1
		n, err := cpu.NewTrainingFor(mini, 32, cpu.TrainingOptions{Norms: batchNorms}, cpu.Lanes()[i/2])
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if err := n.Load(values(mini)); err != nil {
			t.Fatal(err)
		}
		var want map[string][]float32
		for _, x := range [][]float32{good, bad, good} {
			for _, err := range []error{n.Forward(x, nil, features), n.Backward(dFeatures)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			got := map[string][]float32{}
			switch {
			case x[100] != x[100]:
				n.Discard()
			case want == nil:
				want = got
				fallthrough
			default:
				if err := n.Gradients(got); err != nil {
					t.Fatal(err)
				}
				for name, values := range want {
					for i, v := range values {
						if got[name][i] != v {
							t.Errorf("batchNorms %t: of the gradients of %s value %d is %g, not %g", batchNorms, name, i, got[name][i], v)
							break
						}
					}
				}
			}
		}
	}
}

// After images of NaN the next ones have the features that they have by themselves: nothing left in scratch memory
// does harm.
func TestNetworkAfterNaN(t *testing.T) {
	needsCPUEngine(t)
	for _, c := range []effnet.Config{mini, lite, wide} {
		good, bad := images(2, 45), images(2, 45)
		for i := range bad {
			bad[i] = nans[i%len(nans)]
		}
		for name, n := range networks(t, c, values(c), 45) {
			var want []float32
			for _, x := range [][]float32{good, bad, good} {
				out := make([]float32, 2*c.Features())
				if err := n.Run(x, cpu.Options{}, out); err != nil {
					t.Fatal(err)
				}
				if _, all := isNaN(out); all != (x[0] != x[0]) {
					t.Errorf("%s, %s: features are NaN: %t", c.Title, name, all)
				} else if want == nil {
					want = out
				} else if !all && !slices.Equal(out, want) {
					t.Errorf("%s, %s: other features after an image of NaN", c.Title, name)
				}
			}
		}
	}
}
