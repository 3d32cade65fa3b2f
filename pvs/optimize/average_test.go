package optimize

import (
	"math"
	"slices"
	"testing"
)

func newAverage(t testing.TB, weights Tensors, decay float64) *Average {
	t.Helper()
	a, err := NewAverage(weights, decay)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAverage(t *testing.T) {
	weights := Tensors{"w": {0, 1}}
	a := newAverage(t, weights, 0.25)
	want := []float64{0, 1}
	for n := range 30 {
		weights["w"][0], weights["w"][1] = float32(n), float32(math.Sin(float64(n)))
		if err := a.Update(weights); err != nil {
			t.Fatal(err)
		}
		decay := min(0.25, (1+float64(n))/(10+float64(n))) // 0.1, 2/11, 0.25, ...
		for i := range want {
			want[i] = decay*want[i] + (1-decay)*float64(weights["w"][i])
		}
	}
	values, updates := a.State()
	for i, w := range want {
		if math.Abs(float64(values["w"][i])-w) > 1e-5 || updates != 30 {
			t.Errorf("after %d updates average %v, want %v", updates, values["w"], want)
		}
	}
	b := newAverage(t, weights, 0.25)
	if err := b.Restore(values, updates); err != nil {
		t.Fatal(err)
	}
	weights["w"][0] = 7
	for _, x := range []*Average{a, b} {
		if err := x.Update(weights); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := b.State(); !slices.Equal(got["w"], values["w"]) {
		t.Errorf("resumed it comes to %v, not %v", got, values)
	}
}

func TestSwap(t *testing.T) {
	weights := Tensors{"w": {1, 2}}
	a := newAverage(t, weights, 0.5)
	weights["w"][0] = 9
	for _, want := range [][]float32{{1, 2}, {9, 2}} {
		if err := a.Swap(weights); err != nil || !slices.Equal(weights["w"], want) {
			t.Errorf("swapped to %v, want %v, %v", weights["w"], want, err)
		}
	}
}

func TestAverageErrors(t *testing.T) {
	for _, decay := range []float64{1, -0.1, math.NaN()} {
		if _, err := NewAverage(Tensors{}, decay); err == nil {
			t.Errorf("a decay of %g was taken", decay)
		}
	}
	a := newAverage(t, Tensors{"w": {1, 2}}, 0.5)
	for _, other := range []Tensors{{}, {"w": {1}}} {
		if a.Update(other) == nil || a.Swap(other) == nil || a.Restore(other, 1) == nil {
			t.Errorf("%v was taken for the weights", other)
		}
	}
}
