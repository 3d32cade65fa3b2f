package explain

import (
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// segmented is a photo whose ground was told from its product by the colours of the photo's edge.
type segmented struct {
	photo   *imageprep.RGB
	product []bool // by pixel
	edge    [3]uint8
}

const (
	groundColours = 5  // that the edge is described by, at most
	groundReach   = 28 // Euclidean distance in RGB within which a pixel has a colour of the ground
)

// segment tells product from ground: the ground has the colours of the edge, found by k-means (Lloyd 1982), and the
// product is the largest connected rest with what is a fifth as large or more.
func segment(p *imageprep.RGB) *segmented {
	s := &segmented{photo: p, product: make([]bool, p.Width*p.Height), edge: imageprep.Perimeter(p)}
	colours := edgeColours(p)
	for i := range s.product {
		nearest := math.Inf(1)
		for _, c := range colours {
			nearest = min(nearest, colourDistance(p.Pix[3*i:3*i+3], c))
		}
		s.product[i] = nearest > groundReach
	}
	s.keepLargest()
	return s
}

func colourDistance(a []uint8, b [3]float64) float64 {
	x, y, z := float64(a[0])-b[0], float64(a[1])-b[1], float64(a[2])-b[2]
	return math.Sqrt(x*x + y*y + z*z)
}

// onEdge calls f for the pixels of the one-pixel edge, once around.
func onEdge(p *imageprep.RGB, f func(pixel int)) {
	w, h := p.Width, p.Height
	for x := range w {
		f(x)
	}
	for y := 1; y < h; y++ {
		f(y*w + w - 1)
	}
	for x := w - 2; x >= 0 && h > 1; x-- {
		f((h-1)*w + x)
	}
	for y := h - 2; y > 0 && w > 1; y-- {
		f(y * w)
	}
}

// edgeColours are the centres of the edge's colours; those of less than a twelfth of the edge are left out, as of a
// product that touches it.
func edgeColours(p *imageprep.RGB) [][3]float64 {
	var pixels []int
	onEdge(p, func(i int) { pixels = append(pixels, i) })
	at := func(i int) [3]float64 {
		return [3]float64{float64(p.Pix[3*i]), float64(p.Pix[3*i+1]), float64(p.Pix[3*i+2])}
	}
	centres := [][3]float64{at(pixels[0])}
	for len(centres) < groundColours { // the farthest pixel starts the next one
		far, most := 0, 0.0
		for _, i := range pixels {
			nearest := math.Inf(1)
			for _, c := range centres {
				nearest = min(nearest, colourDistance(p.Pix[3*i:3*i+3], c))
			}
			if nearest > most {
				far, most = i, nearest
			}
		}
		if most < groundReach/2 {
			break
		}
		centres = append(centres, at(far))
	}
	counts := make([]int, len(centres))
	for range 8 {
		sums := make([][3]float64, len(centres))
		clear(counts)
		for _, i := range pixels {
			best, least := 0, math.Inf(1)
			for k, c := range centres {
				if d := colourDistance(p.Pix[3*i:3*i+3], c); d < least {
					best, least = k, d
				}
			}
			counts[best]++
			for c, v := range at(i) {
				sums[best][c] += v
			}
		}
		for k := range centres {
			for c := range 3 {
				if counts[k] > 0 {
					centres[k][c] = sums[k][c] / float64(counts[k])
				}
			}
		}
	}
	var out [][3]float64
	for k, c := range centres {
		if counts[k]*12 >= len(pixels) {
			out = append(out, c)
		}
	}
	return out
}

// keepLargest leaves of the product its largest connected part and those a fifth as large or more.
func (s *segmented) keepLargest() {
	w, h := s.photo.Width, s.photo.Height
	part := make([]int, w*h)
	var sizes []int
	var stack []int
	for i, in := range s.product {
		if !in || part[i] > 0 {
			continue
		}
		sizes = append(sizes, 0)
		part[i] = len(sizes)
		stack = append(stack[:0], i)
		for len(stack) > 0 {
			j := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			sizes[len(sizes)-1]++
			x, y := j%w, j/w
			for _, k := range [4][3]int{{x - 1, y, j - 1}, {x + 1, y, j + 1}, {x, y - 1, j - w}, {x, y + 1, j + w}} {
				if k[0] >= 0 && k[0] < w && k[1] >= 0 && k[1] < h && s.product[k[2]] && part[k[2]] == 0 {
					part[k[2]] = len(sizes)
					stack = append(stack, k[2])
				}
			}
		}
	}
	if len(sizes) == 0 {
		return
	}
	least := slices.Max(sizes) / 5
	for i := range s.product {
		s.product[i] = part[i] > 0 && sizes[part[i]-1] > least
	}
}

// box is what bounds the product; all of the photo where there is none.
func (s *segmented) box() box {
	w, h := s.photo.Width, s.photo.Height
	x0, y0, x1, y1 := w, h, 0, 0
	for i, in := range s.product {
		if in {
			x0, y0 = min(x0, i%w), min(y0, i/w)
			x1, y1 = max(x1, i%w+1), max(y1, i/w+1)
		}
	}
	if x1 == 0 {
		return box{0, 0, 1, 1}
	}
	return box{float64(x0) / float64(w), float64(y0) / float64(h), float64(x1) / float64(w), float64(y1) / float64(h)}
}

// touches are the shares of the photo's sides - top, right, bottom, left - and of all its edge that differ from the
// ground: from the colours that three of the four quarters of the edge share.
func (s *segmented) touches() (sides [4]float64, all float64) {
	p := s.photo
	var ring [][3]float64
	var of []int // sides
	onEdge(p, func(i int) {
		ring = append(ring, [3]float64{float64(p.Pix[3*i]), float64(p.Pix[3*i+1]), float64(p.Pix[3*i+2])})
		switch x, y := i%p.Width, i/p.Width; {
		case y == 0:
			of = append(of, 0)
		case x == p.Width-1:
			of = append(of, 1)
		case y == p.Height-1:
			of = append(of, 2)
		default:
			of = append(of, 3)
		}
	})
	n := len(ring)
	if n < 16 {
		return sides, 0
	}
	var off, length [4]int
	for i := range ring {
		length[of[i]]++
		quarters := 0
		for q := range 4 {
			found := false
			for j := q * n / 4; j < (q+1)*n/4 && !found; j++ {
				d := 0.0
				for c := range 3 {
					d += (ring[i][c] - ring[j][c]) * (ring[i][c] - ring[j][c])
				}
				found = d < groundReach*groundReach
			}
			if found {
				quarters++
			}
		}
		if quarters < 3 {
			off[of[i]]++
			all += 1 / float64(n)
		}
	}
	for i := range sides {
		sides[i] = float64(off[i]) / float64(max(1, length[i]))
	}
	return sides, all
}

// corner is by how much more two neighbouring sides differ from the ground than the other two: the lesser share of the
// two less the larger one of the others, at the corner where it is most. What is cut at a corner of the photo touches
// both, and what fills the photo all.
func corner(sides [4]float64) float64 {
	most := 0.0
	for i := range sides {
		side := func(k int) float64 { return sides[(i+k)%4] }
		most = max(most, min(side(0), side(1))-max(side(2), side(3)))
	}
	return most
}

// histogram is the shares of 4 x 4 x 4 colours of the product or the ground, as their square roots, so that inner
// products are Bhattacharyya coefficients; zeros where there is none.
func (s *segmented) histogram(product bool) (out [64]float32) {
	n := 0
	for i, in := range s.product {
		if in == product {
			p := s.photo.Pix[3*i:]
			out[int(p[0])/64*16+int(p[1])/64*4+int(p[2])/64]++
			n++
		}
	}
	for i := range out {
		out[i] = float32(math.Sqrt(float64(out[i]) / float64(max(1, n))))
	}
	return out
}

// silhouette is the product's mask in a box, on a square of shapeSide.
func (s *segmented) silhouette(b box) []bool {
	out := make([]bool, shapeSide*shapeSide)
	w, h := s.photo.Width, s.photo.Height
	for i := range out {
		x := b.x0 + (b.x1-b.x0)*(float64(i%shapeSide)+0.5)/shapeSide
		y := b.y0 + (b.y1-b.y0)*(float64(i/shapeSide)+0.5)/shapeSide
		out[i] = s.product[min(h-1, int(y*float64(h)))*w+min(w-1, int(x*float64(w)))]
	}
	return out
}

// overlap is the intersection over union of two silhouettes in their boxes.
func overlap(a, b []bool) float64 {
	both, any := 0, 0
	for i := range a {
		if a[i] && b[i] {
			both++
		}
		if a[i] || b[i] {
			any++
		}
	}
	return float64(both) / float64(max(1, any))
}

func coefficient(a, b *[64]float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
