package check

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// alignSide is the size at which pictures are compared.
const alignSide = 64

// How far a near duplicate may be from the picture: a crop of a twentieth at each side
// stretches by 0.11, one at a single side shifts by 0.05.
const (
	maxStretch = 0.16
	maxShift   = 0.12
	maxGain    = 2.0
	minOverlap = 0.72 // share of the area that both pictures show
)

// What is expected before looking: on a soft ground, coarse pictures hardly tell a
// stretch from a change of brightness, and these keep the stretch near 1 until finer
// ones tell.
const (
	grain           = 4.0  // deviation of brightness between pictures that match
	usualStretch    = 0.07 // deviation
	usualShift      = 0.04
	stretchStrength = grain * grain / (usualStretch * usualStretch)
	shiftStrength   = grain * grain / (usualShift * usualShift)
)

// picture is a photo made ready for [align].
type picture struct {
	full  planes
	lumas [3][]float32 // at 16, 32 and 64 pixels
}

// newPicture shrinks a photo.
func newPicture(photo *imageprep.RGB) *picture {
	p := &picture{full: shrink(photo, alignSide)}
	for c := range p.full.c {
		soften(p.full.c[c], alignSide)
	}
	p.lumas[2] = p.full.luma()
	p.lumas[1] = half(p.lumas[2], alignSide)
	p.lumas[0] = half(p.lumas[1], alignSide/2)
	return p
}

// soften blurs a plane by 1 4 6 4 1 both ways: reading between pixels blurs as well, by
// more or less depending on where it falls, and fine grain would look like a difference.
func soften(plane []float32, side int) {
	line := make([]float32, side)
	pass := func(start, step int) {
		at := func(i int) float32 { return plane[start+min(side-1, max(0, i))*step] }
		for i := range line {
			line[i] = (at(i-2) + at(i+2) + 4*(at(i-1)+at(i+1)) + 6*at(i)) / 16
		}
		for i, v := range line {
			plane[start+i*step] = v
		}
	}
	for i := range side {
		pass(i*side, 1)
	}
	for i := range side {
		pass(i, side)
	}
}

// warp maps places of one picture to places of the other, both from 0 to 1, and its
// brightness to the other's.
type warp struct {
	sx, tx, sy, ty float64
	gain, bias     float64
}

// align lays b on a by stretching, shifting and brightening it - least squares by
// Gauss-Newton from coarse to fine (Lucas & Kanade 1981) - and returns which share of
// a's variance, over red, green and blue, b then explains: 1 for the same picture, no
// more than 0 for another, or for one that does not fit within a slight crop.
func align(a, b *picture) float64 {
	w := warp{sx: 1, sy: 1, gain: 1}
	for level, steps := range []int{12, 8, 6} {
		side := alignSide >> (2 - level)
		for range steps {
			if !w.improve(a.lumas[level], b.lumas[level], side) {
				return 0
			}
		}
	}
	if !w.brighten(a.lumas[2], b.lumas[2], alignSide) || w.gain < 1/maxGain || w.gain > maxGain {
		return 0
	}
	return w.explained(a.full, b.full)
}

// sample reads plane at (x, y) between its pixels, with the slopes; ok is false outside.
func sample(plane []float32, side int, x, y float64) (v, dx, dy float64, ok bool) {
	if x < 0 || y < 0 || x > float64(side-1) || y > float64(side-1) {
		return 0, 0, 0, false
	}
	x0, y0 := min(int(x), side-2), min(int(y), side-2)
	fx, fy := x-float64(x0), y-float64(y0)
	i := y0*side + x0
	p, q, r, s := float64(plane[i]), float64(plane[i+1]), float64(plane[i+side]), float64(plane[i+side+1])
	top, bottom := p+(q-p)*fx, r+(s-r)*fx
	return top + (bottom-top)*fy, (q-p)*(1-fy) + (s-r)*fy, bottom - top, true
}

// place returns where pixel (x, y) of a lies in b, in pixels.
func (w warp) place(x, y, side int) (u, v, px, py float64) {
	n := float64(side)
	u, v = (float64(x)+0.5)/n, (float64(y)+0.5)/n
	return u, v, (w.sx*u+w.tx)*n - 0.5, (w.sy*v+w.ty)*n - 0.5
}

// brighten fits gain and bias to where the pictures lie; false where they cannot be.
func (w *warp) brighten(a, b []float32, side int) bool {
	var n, sa, sb, sab, sbb float64
	for y := range side {
		for x := range side {
			_, _, px, py := w.place(x, y, side)
			if v, _, _, ok := sample(b, side, px, py); ok {
				va := float64(a[y*side+x])
				n, sa, sb, sab, sbb = n+1, sa+va, sb+v, sab+va*v, sbb+v*v
			}
		}
	}
	spread := n*sbb - sb*sb
	if n < minOverlap*float64(side*side)/2 || spread < 1e-6 {
		return false
	}
	w.gain = (n*sab - sa*sb) / spread
	w.bias = (sa - w.gain*sb) / n
	return true
}

// improve takes one step, within what a near duplicate may be; false where nothing can
// be told.
func (w *warp) improve(a, b []float32, side int) bool {
	if !w.brighten(a, b, side) {
		return false
	}
	var h [6][7]float64 // normal equations with the right side
	for y := range side {
		for x := range side {
			u, v, px, py := w.place(x, y, side)
			val, dx, dy, ok := sample(b, side, px, py)
			if !ok {
				continue
			}
			gx, gy := w.gain*dx*float64(side), w.gain*dy*float64(side)
			j := [7]float64{gx * u, gx, gy * v, gy, val, 1, float64(a[y*side+x]) - (w.gain*val + w.bias)}
			for r := range h {
				for c := r; c < 7; c++ {
					h[r][c] += j[r] * j[c]
				}
			}
		}
	}
	for r := range h {
		for c := range r {
			h[r][c] = h[c][r]
		}
	}
	h[0][0], h[0][6] = h[0][0]+stretchStrength, h[0][6]-stretchStrength*(w.sx-1)
	h[2][2], h[2][6] = h[2][2]+stretchStrength, h[2][6]-stretchStrength*(w.sy-1)
	h[1][1], h[1][6] = h[1][1]+shiftStrength, h[1][6]-shiftStrength*w.tx
	h[3][3], h[3][6] = h[3][3]+shiftStrength, h[3][6]-shiftStrength*w.ty
	h[4][4], h[5][5] = h[4][4]+1e-9, h[5][5]+1e-9
	d, ok := solve(h)
	if !ok {
		return false
	}
	within := func(v, middle, most float64) float64 { return min(middle+most, max(middle-most, v)) }
	w.sx, w.sy = within(w.sx+d[0], 1, maxStretch), within(w.sy+d[2], 1, maxStretch)
	w.tx, w.ty = within(w.tx+d[1], 0, maxShift), within(w.ty+d[3], 0, maxShift)
	return true
}

// solve does Gaussian elimination with the largest pivot.
func solve(h [6][7]float64) (x [6]float64, ok bool) {
	for i := range h {
		best := i
		for r := i + 1; r < len(h); r++ {
			if math.Abs(h[r][i]) > math.Abs(h[best][i]) {
				best = r
			}
		}
		h[i], h[best] = h[best], h[i]
		if math.Abs(h[i][i]) < 1e-12 {
			return x, false
		}
		for r := i + 1; r < len(h); r++ {
			f := h[r][i] / h[i][i]
			for c := i; c < 7; c++ {
				h[r][c] -= f * h[i][c]
			}
		}
	}
	for i := len(h) - 1; i >= 0; i-- {
		s := h[i][6]
		for c := i + 1; c < len(h); c++ {
			s -= h[i][c] * x[c]
		}
		x[i] = s / h[i][i]
	}
	return x, true
}

// explained compares colours where both pictures are.
func (w warp) explained(a, b planes) float64 {
	type pair struct{ a, b [3]float64 }
	var both []pair
	var mean [3]float64
	for y := range a.side {
		for x := range a.side {
			_, _, px, py := w.place(x, y, a.side)
			var p pair
			inside := true
			for c := range p.a {
				v, _, _, ok := sample(b.c[c], a.side, px, py)
				inside = inside && ok
				p.a[c], p.b[c] = float64(a.c[c][y*a.side+x]), w.gain*v+w.bias
			}
			if !inside {
				continue
			}
			both = append(both, p)
			for c := range mean {
				mean[c] += p.a[c]
			}
		}
	}
	if float64(len(both)) < minOverlap*float64(a.side*a.side) {
		return 0
	}
	var left, all float64
	for _, p := range both {
		for c := range mean {
			d, m := p.a[c]-p.b[c], p.a[c]-mean[c]/float64(len(both))
			left += d * d
			all += m * m
		}
	}
	if all == 0 {
		return 0
	}
	return 1 - left/all
}
