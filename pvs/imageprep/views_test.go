package imageprep

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestParseViews(t *testing.T) {
	t.Parallel()
	got, err := ParseViews("A0 a6 A10")
	if err != nil || !slices.Equal(got, []View{A0, A6, A10}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ParseViews("A0 B1"); err == nil {
		t.Error("B1 must be refused")
	}
}

// ramp is a square whose red value is its column and whose green value its row.
func ramp(size int) []float32 {
	s := make([]float32, 3*size*size)
	for y := range size {
		for x := range size {
			s[3*(y*size+x)], s[3*(y*size+x)+1] = float32(x), float32(y)
		}
	}
	return s
}

func TestRandomAndScaledViews(t *testing.T) {
	t.Parallel()
	const size = 10
	s := ramp(size)
	rng := rand.New(rand.NewPCG(1, 1))
	flipped := 0
	for range 100 {
		if v := A6.Apply(s, size, rng); !slices.Equal(v, s) {
			flipped++
			if !slices.Equal(v, A2.Apply(s, size, nil)) {
				t.Fatal("A6 is neither the original nor its mirror image")
			}
		}
	}
	if flipped < 25 || flipped > 75 {
		t.Errorf("A6 flipped %d of 100", flipped)
	}
	// The inner 8 pixels start at 1: columns 1 to 8.
	if v := A9.Apply(s, size, nil); v[0] != 1 || v[3*(size-1)] != 8 {
		t.Errorf("A9 goes from column %g to %g", v[0], v[3*(size-1)])
	}
	for range 20 {
		if v := A7.Apply(s, size, rng); v[3*(size-1)]-v[0] != 7 {
			t.Fatalf("A7 spans %g columns, want 7", v[3*(size-1)]-v[0])
		}
	}
	v := A8.Apply(s, size, nil)
	if v[0] != 4.5 || v[3*(size+1)] >= 1 { // the mean of the edge; the original's corner one pixel in
		t.Errorf("A8 has the edge %g and the corner %g", v[0], v[3*(size+1)])
	}
	if A10.Keeps(224, 100) || !A10.Keeps(225, 100) || !A0.Keeps(1, 1) {
		t.Error("A10 keeps images larger than 224 on a side only")
	}
}
