package mesh

import (
	"image"
	"image/color"
	"math"
	"testing"
)

// halves is an image that is red on the left and blue on the right, below; above, green and clear.
func halves() *Image {
	m := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	for y := range 4 {
		for x := range 4 {
			c := [2][2]color.NRGBA{{{G: 255, A: 255}, {}}, {{R: 255, A: 255}, {B: 255, A: 255}}}[y/2][x/2]
			m.SetNRGBA(x, y, c)
		}
	}
	return NewImage(m)
}

func TestImageCorners(t *testing.T) {
	m := halves()
	for _, c := range []struct {
		at      UV
		want    Color
		opacity float64
	}{
		{UV{0.25, 0.25}, Color{R: 1}, 1},
		{UV{0.75, 0.25}, Color{B: 1}, 1},
		{UV{0.25, 0.75}, Color{G: 1}, 1},
		{UV{0.75, 0.75}, Color{}, 0},
		{UV{-1.75, 3.25}, Color{R: 1}, 1}, // repeats
		{UV{0.5, 0.25}, Color{R: 0.5, B: 0.5}, 1},
		{UV{0, 0.25}, Color{R: 0.5, B: 0.5}, 1}, // over the edge
	} {
		got, opacity := m.At(c.at, 0.5)
		if d := math.Abs(got.R-c.want.R) + math.Abs(got.G-c.want.G) + math.Abs(got.B-c.want.B); d > 1e-6 {
			t.Errorf("at %v: %v, want %v", c.at, got, c.want)
		}
		if math.Abs(opacity-c.opacity) > 1e-6 {
			t.Errorf("at %v: opacity %g, want %g", c.at, opacity, c.opacity)
		}
	}
	if !m.Holes() {
		t.Error("the clear quarter is not noticed")
	}
}

// From afar an image has the mean of its light, not of its sRGB values.
func TestImageFromAfar(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		v := uint8(255 * ((i + i/8) % 2))
		m.SetNRGBA(i%8, i/8, color.NRGBA{v, v, v, 255})
	}
	for _, footprint := range []float64{4, 8, 1e6} {
		got, _ := NewImage(m).At(UV{0.3, 0.6}, footprint)
		if math.Abs(got.R-0.5) > 0.01 {
			t.Errorf("footprint %g: %g, want the mean light 0.5", footprint, got.R)
		}
	}
	if NewImage(image.NewNRGBA(image.Rect(0, 0, 0, 5))) != nil {
		t.Error("an image without pixels")
	}
	for _, size := range [][2]int{{1, 1}, {1, 7}, {5, 3}} {
		if _, opacity := NewImage(image.NewNRGBA(image.Rect(0, 0, size[0], size[1]))).At(UV{}, 100); opacity != 0 {
			t.Errorf("%v: opacity %g", size, opacity)
		}
	}
}

// Two faces at a right angle stay an edge below that crease angle and are round above.
func TestAddCreased(t *testing.T) {
	points := []Vec{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, -1}}
	faces := [][3]int32{{0, 1, 2}, {0, 3, 1}} // normals +z and -y
	for crease, want := range map[float64]Vec{1: {Z: 1}, 2: Vec{Y: -1, Z: 1}.Unit()} {
		var p Part
		p.AddCreased(points, faces, crease, nil)
		if got := p.Normals[0]; got.Sub(want).Len() > 1e-9 {
			t.Errorf("crease %g: %v, want %v", crease, got, want)
		}
	}
	given := Vec{X: 1}
	var p Part
	p.AddCreased(points, faces, 1, []Corners{{UV: [3]UV{{0.5, 0.25}}, Normals: [3]Vec{given}}, {}})
	if p.Normals[0] != given || p.Normals[1] != (Vec{Z: 1}) || p.UV[0] != (UV{0.5, 0.25}) || len(p.UV) != 6 {
		t.Errorf("got %+v", p)
	}
	if at := p.UVAt(0, 0, 0); at != (UV{0.5, 0.25}) {
		t.Errorf("UVAt gives %v", at)
	}
}
