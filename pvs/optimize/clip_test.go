package optimize

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestClipByGlobalNorm(t *testing.T) {
	for _, c := range []struct {
		limit float64
		want  float32 // what becomes of 3
	}{{1, 0.6}, {5, 3}, {10, 3}, {0, 3}} {
		g := Tensors{"a": {3}, "b": {0, 4}}
		norm, err := ClipByGlobalNorm(g, c.limit)
		if err != nil || norm != 5 || g["a"][0] != c.want {
			t.Errorf("limit %g: norm %g, %v, %v", c.limit, norm, g, err)
		}
	}
	if _, err := ClipByGlobalNorm(Tensors{"a": {1}}, -1); err == nil {
		t.Error("a limit of -1 was taken")
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		g := Tensors{"a": {3}, "b": {4, float32(bad)}}
		_, err := ClipByGlobalNorm(g, 1)
		if !errors.Is(err, ErrNotFinite) || !strings.HasPrefix(err.Error(), "b: ") || g["a"][0] != 3 {
			t.Errorf("%g: %v, %v", bad, err, g)
		}
	}
}

// The norm of many values, larger than float32's sums are exact for.
func TestClipManyValues(t *testing.T) {
	g := Tensors{"a": make([]float32, 5*block+3)}
	for i := range g["a"] {
		g["a"][i] = 0.1
	}
	norm, err := ClipByGlobalNorm(g, 1)
	if want := math.Sqrt(float64(len(g["a"]))) * float64(float32(0.1)); err != nil || math.Abs(norm-want) > 1e-6 {
		t.Errorf("norm %g, want %g, %v", norm, want, err)
	}
	if again, err := ClipByGlobalNorm(g, 0); err != nil || math.Abs(again-1) > 1e-6 {
		t.Errorf("clipped to %g, %v", again, err)
	}
}
