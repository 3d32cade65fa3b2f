package explain

import (
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// look is what is measured of a photo's pixels, without a network.
type look struct {
	width, height int
	light         float64 // 95th percentile of the brightness, 0 to 255
	blur          float64 // 0 sharp to 1 (Crété-Roffet et al. 2007)
	fill          float64 // the product's longer side, as a share of the photo's
	box           box     // of the product
	cut           float64 // share of the photo's edge that the product touches
	corner        float64 // share of two neighbouring sides that it touches, beyond that of the other two
	colours       [64]float32
	ground        [64]float32 // colours of the ground alone
	edge          [3]uint8    // mean colour of the edge
	shape         []bool      // silhouette in its box, shapeSide x shapeSide
}

// box is a part of a photo in shares of its sides.
type box struct{ x0, y0, x1, y1 float64 }

// shapeSide is the side of a silhouette.
const shapeSide = 24

// lookSide is the longer side at which photos are measured: about what networks see, so that a photo is not called
// blurred for what the network does not see either.
const lookSide = 128

// measure looks at a photo.
func measure(p *imageprep.RGB) look {
	m := shrunk(p, lookSide)
	l := look{width: p.Width, height: p.Height}
	l.light, l.blur = light(m), blurOf(m)
	s := segment(m)
	l.box = s.box()
	sides, all := s.touches()
	l.cut, l.corner = all, corner(sides)
	l.fill = max((l.box.x1-l.box.x0)*float64(m.Width), (l.box.y1-l.box.y0)*float64(m.Height)) /
		float64(max(m.Width, m.Height))
	l.colours, l.ground = s.histogram(true), s.histogram(false)
	l.edge = s.edge
	l.shape = s.silhouette(l.box)
	return l
}

// shrunk averages a photo over the pixels of a smaller one, whose longer side is at most side.
func shrunk(p *imageprep.RGB, side int) *imageprep.RGB {
	longer := max(p.Width, p.Height)
	if longer <= side {
		return p
	}
	w, h := max(1, p.Width*side/longer), max(1, p.Height*side/longer)
	out := imageprep.NewRGB(w, h)
	for y := range h {
		y0, y1 := y*p.Height/h, max((y+1)*p.Height/h, y*p.Height/h+1)
		for x := range w {
			x0, x1 := x*p.Width/w, max((x+1)*p.Width/w, x*p.Width/w+1)
			var sum [3]int
			for v := y0; v < y1; v++ {
				for i := 3 * (v*p.Width + x0); i < 3*(v*p.Width+x1); i += 3 {
					sum[0] += int(p.Pix[i])
					sum[1] += int(p.Pix[i+1])
					sum[2] += int(p.Pix[i+2])
				}
			}
			n := (y1 - y0) * (x1 - x0)
			for c := range 3 {
				out.Pix[3*(y*w+x)+c] = uint8((sum[c] + n/2) / n)
			}
		}
	}
	return out
}

// lumas are the brightnesses of Rec. 601, 0 to 255.
func lumas(p *imageprep.RGB) []float64 {
	out := make([]float64, p.Width*p.Height)
	for i := range out {
		out[i] = 0.299*float64(p.Pix[3*i]) + 0.587*float64(p.Pix[3*i+1]) + 0.114*float64(p.Pix[3*i+2])
	}
	return out
}

// light is the brightness below which 95% of the pixels are: a photo of a black thing has something bright in it, a
// photo without light has not.
func light(p *imageprep.RGB) float64 {
	l := lumas(p)
	slices.Sort(l)
	return l[len(l)*95/100]
}

// blurOf is the perceptual blur of Crété-Roffet et al. 2007, "The blur effect": how little of the variation between
// neighbouring pixels is lost when the photo is blurred once more; 0 sharp to 1.
func blurOf(p *imageprep.RGB) float64 {
	l := lumas(p)
	along := func(n, rows, step, across int) float64 {
		const reach = 4 // averages over 9 pixels, as in the paper
		if n < 2*reach+2 {
			return 1
		}
		var all, lost float64
		smooth := make([]float64, n)
		for r := range rows {
			at := func(i int) float64 { return l[r*across+max(0, min(n-1, i))*step] }
			sum := 0.0
			for i := -reach; i <= reach; i++ {
				sum += at(i)
			}
			for i := range n {
				smooth[i] = sum / (2*reach + 1)
				sum += at(i+reach+1) - at(i-reach)
			}
			for i := 1; i < n; i++ {
				d := math.Abs(at(i) - at(i-1))
				all += d
				lost += max(0, d-math.Abs(smooth[i]-smooth[i-1]))
			}
		}
		if all == 0 {
			return 1
		}
		return (all - lost) / all
	}
	return max(along(p.Width, p.Height, 1, p.Width), along(p.Height, p.Width, p.Width, 1))
}
