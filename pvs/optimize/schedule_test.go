package optimize

import (
	"math"
	"testing"
)

func TestCosine(t *testing.T) {
	c := Cosine{Steps: 110, WarmUp: 10, Final: 0.1}
	for step, want := range map[int]float64{
		0: 0.1, 4: 0.5, 9: 1, 10: 1, 60: 0.55, 35: 0.1 + 0.9*(1+math.Sqrt2/2)/2, 110: 0.1, 1000: 0.1,
	} {
		if got := c.Factor(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: %g, want %g", step, got, want)
		}
	}
	if got := (Cosine{Steps: 2}).Factor(1); math.Abs(got-0.5) > 1e-12 {
		t.Errorf("half of the way: %g", got)
	}
	for _, c := range []Cosine{{}, {WarmUp: 3}, {Steps: 3, WarmUp: 3}} {
		for step := range 5 {
			if f := c.Factor(step); math.IsNaN(f) || f < 0 || f > 1 {
				t.Errorf("%+v, step %d: %g", c, step, f)
			}
		}
	}
}
