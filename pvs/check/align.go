package check

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// alignSide is the size at which pictures are compared.
const alignSide = 64

// Bounds of the warp between near duplicates: a crop of 1/20 at all four edges stretches
// by 0.11, one at a single edge shifts by 0.05.
const (
	maxStretch = 0.16
	maxShift   = 0.12
	maxGain    = 2.0
	minOverlap = 0.72 // share of the area that both pictures show
)

// A Gaussian prior on the warp (Tikhonov regularisation): in a coarse picture of a soft
// ground, a stretch and a change of brightness look alike, and the prior keeps the
// stretch near 1 until finer pictures decide.
const (
	noise           = 4.0  // standard deviation of brightness between pictures that match
	usualStretch    = 0.07 // standard deviation
	usualShift      = 0.04
	stretchStrength = noise * noise / (usualStretch * usualStretch)
	shiftStrength   = noise * noise / (usualShift * usualShift)
)

// picture is a photo at the resolutions that [align] compares.
type picture struct {
	full  planes
	lumas [3][]float32 // at 16, 32 and 64 pixels
}

// newPicture shrinks a photo.
func newPicture(photo *imageprep.RGB) *picture {
	p := &picture{full: shrink(photo, alignSide)}
	for c := range p.full.c {
		blur(p.full.c[c], alignSide)
	}
	p.lumas[2] = p.full.luma()
	p.lumas[1] = downsample(p.lumas[2], alignSide)
	p.lumas[0] = downsample(p.lumas[1], alignSide/2)
	return p
}

// blur filters a plane with the binomial kernel 1 4 6 4 1 along both axes. Interpolation
// between pixels blurs too, more or less depending on the position, so that without a
// blur before it fine texture would look like a difference.
func blur(plane []float32, side int) {
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

// warp maps positions in one picture to positions in the other, both from 0 to 1, and
// the other's brightness to its own.
type warp struct {
	sx, tx, sy, ty float64
	gain, bias     float64
}

// align registers b with a by stretching, shifting and brightening it - least squares by
// Gauss-Newton from coarse to fine (Lucas & Kanade 1981) - and returns the share of a's
// variance, over red, green and blue, that b then explains: 1 for the same picture, 0 or
// less for another picture, 0 for one that does not fit within a slight crop.
func align(a, b *picture) float64 {
	w := warp{sx: 1, sy: 1, gain: 1}
	for level, steps := range []int{12, 8, 6} {
		side := alignSide >> (2 - level)
		for range steps {
			if !w.gaussNewtonStep(a.lumas[level], b.lumas[level], side) {
				return 0
			}
		}
	}
	if !w.fitBrightness(a.lumas[2], b.lumas[2], alignSide) || w.gain < 1/maxGain || w.gain > maxGain {
		return 0
	}
	return w.explainedVariance(a.full, b.full)
}

// sample interpolates plane at (x, y) bilinearly, with the gradient; ok is false outside.
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

// project returns the position of pixel (x, y) of a: u and v from 0 to 1 in a, px and py in pixels of b.
func (w warp) project(x, y, side int) (u, v, px, py float64) {
	n := float64(side)
	u, v = (float64(x)+0.5)/n, (float64(y)+0.5)/n
	return u, v, (w.sx*u+w.tx)*n - 0.5, (w.sy*v+w.ty)*n - 0.5
}

// fitBrightness fits gain and bias for the present position; false where they are not determined.
func (w *warp) fitBrightness(a, b []float32, side int) bool {
	var n, sa, sb, sab, sbb float64
	for y := range side {
		for x := range side {
			_, _, px, py := w.project(x, y, side)
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

// gaussNewtonStep takes one step, within the bounds of a near duplicate; false where the
// normal equations are singular.
func (w *warp) gaussNewtonStep(a, b []float32, side int) bool {
	if !w.fitBrightness(a, b, side) {
		return false
	}
	var h [6][7]float64 // normal equations with the right side
	for y := range side {
		for x := range side {
			u, v, px, py := w.project(x, y, side)
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
	clamp := func(v, middle, most float64) float64 { return min(middle+most, max(middle-most, v)) }
	w.sx, w.sy = clamp(w.sx+d[0], 1, maxStretch), clamp(w.sy+d[2], 1, maxStretch)
	w.tx, w.ty = clamp(w.tx+d[1], 0, maxShift), clamp(w.ty+d[3], 0, maxShift)
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

// explainedVariance compares the colours where the pictures overlap: 1 - residual / total
// sum of squares.
func (w warp) explainedVariance(a, b planes) float64 {
	type pair struct{ a, b [3]float64 }
	var both []pair
	var mean [3]float64
	for y := range a.side {
		for x := range a.side {
			_, _, px, py := w.project(x, y, a.side)
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
	var residual, total float64
	for _, p := range both {
		for c := range mean {
			d, m := p.a[c]-p.b[c], p.a[c]-mean[c]/float64(len(both))
			residual += d * d
			total += m * m
		}
	}
	if total == 0 {
		return 0
	}
	return 1 - residual/total
}
