package imageprep

import (
	"slices"
	"testing"
)

// The centre of a photo is the centre of its padded square, without the padding.
func TestCentre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width, height int
		share         float64
		want          [4]int // left, top, width, height
	}{{10, 10, 0.8, [4]int{1, 1, 8, 8}}, {20, 10, 0.5, [4]int{5, 0, 10, 10}}, {20, 10, 0.8, [4]int{2, 0, 16, 10}},
		{10, 20, 0.4, [4]int{1, 6, 8, 8}}, {7, 5, 1, [4]int{0, 0, 7, 5}}, {1, 1, 0.3, [4]int{0, 0, 1, 1}}} {
		p := NewRGB(c.width, c.height)
		for i := range p.Pix {
			p.Pix[i] = uint8(i * 7)
		}
		got, w := Centre(p, c.share), c.want
		if got.Width != w[2] || got.Height != w[3] {
			t.Errorf("%+v: %d x %d", c, got.Width, got.Height)
			continue
		}
		for y := range got.Height {
			at := 3 * ((y+w[1])*c.width + w[0])
			if !slices.Equal(got.Pix[3*y*w[2]:3*(y+1)*w[2]], p.Pix[at:at+3*w[2]]) {
				t.Errorf("%+v: row %d", c, y)
			}
		}
	}
}
