package augment

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// evenShare is how much of the edge has to be of one colour.
const evenShare = 0.95

// evenEdge says whether a photo's one-pixel edge is of one colour: a product cut out and laid on an even ground.
func evenEdge(p *imageprep.RGB, mean [3]uint8, tolerance float64) bool {
	n, even := 0, 0
	eachEdge(p.Width, p.Height, func(i int) {
		n++
		if distance(p.Pix[3*i:], mean) <= int(tolerance) {
			even++
		}
	})
	return float64(even) >= evenShare*float64(n)
}

// eachEdge goes through the pixels of an edge.
func eachEdge(width, height int, do func(i int)) {
	for x := range width {
		do(x)
		do((height-1)*width + x)
	}
	for y := 1; y < height-1; y++ {
		do(y * width)
		do(y*width + width - 1)
	}
}

// distance is the largest of the channels' differences.
func distance(pixel []uint8, from [3]uint8) int {
	d := 0
	for c, v := range pixel[:3] {
		d = max(d, int(v)-int(from[c]), int(from[c])-int(v))
	}
	return d
}

// matte returns how much of each pixel is ground, 0..255: all of what is like the ground and connected with the edge.
// A pixel beside it is a mixture, by its distance from the ground's colour against the farthest of its neighbours.
func (w *workspace) matte(p *imageprep.RGB, ground [3]uint8, tolerance float64) []uint8 {
	n, limit := p.Width*p.Height, int(tolerance)
	mask := grown(w.mask, n)
	clear(mask)
	stack := w.stack[:0]
	visit := func(i int) {
		if mask[i] == 0 && distance(p.Pix[3*i:], ground) <= limit {
			mask[i] = 255
			stack = append(stack, int32(i))
		}
	}
	eachEdge(p.Width, p.Height, visit)
	for len(stack) > 0 {
		i := int(stack[len(stack)-1])
		stack = stack[:len(stack)-1]
		x, y := i%p.Width, i/p.Width
		if x > 0 {
			visit(i - 1)
		}
		if x < p.Width-1 {
			visit(i + 1)
		}
		if y > 0 {
			visit(i - p.Width)
		}
		if y < p.Height-1 {
			visit(i + p.Width)
		}
	}
	for y := range p.Height {
		for x := range p.Width {
			if i := y*p.Width + x; mask[i] == 0 {
				mask[i] = mixture(p, mask, x, y, ground)
			}
		}
	}
	w.mask, w.stack = mask, stack
	return mask
}

// mixture is the share of ground in a pixel of the product's border; less than 255, which marks the ground itself.
func mixture(p *imageprep.RGB, mask []uint8, x, y int, ground [3]uint8) uint8 {
	beside, farthest := false, 0
	for ny := max(0, y-1); ny <= min(p.Height-1, y+1); ny++ {
		for nx := max(0, x-1); nx <= min(p.Width-1, x+1); nx++ {
			i := ny*p.Width + nx
			beside = beside || mask[i] == 255
			farthest = max(farthest, distance(p.Pix[3*i:], ground))
		}
	}
	if !beside || farthest == 0 {
		return 0
	}
	own := distance(p.Pix[3*(y*p.Width+x):], ground)
	return uint8(254 * (farthest - own) / farthest)
}

// warpMatte samples a matte as [view.warp] samples the photo, as shares 0..1; beyond the photo all is ground.
func (v view) warpMatte(w *workspace, size int, matte []uint8) []float32 {
	w.share = grown(w.share, size*size)
	width, height := v.photo.Width, v.photo.Height
	for y := range size {
		for x := range size {
			sx, sy := v.at.at(float64(x), float64(y))
			out := &w.share[y*size+x]
			*out = 1
			if !(sx > -1 && sx < float64(width) && sy > -1 && sy < float64(height)) {
				continue
			}
			ix, iy := int(sx+1)-1, int(sy+1)-1
			wx, wy := float32(sx-float64(ix)), float32(sy-float64(iy))
			at := func(x, y int) float32 {
				if x < 0 || y < 0 || x >= width || y >= height {
					return 255
				}
				return float32(matte[y*width+x])
			}
			upper := at(ix, iy)*(1-wx) + at(ix+1, iy)*wx
			lower := at(ix, iy+1)*(1-wx) + at(ix+1, iy+1)*wx
			*out = (upper*(1-wy) + lower*wy) / 255
		}
	}
	return w.share
}

// layOn replaces the ground. A pixel is share * ground + (1 - share) * product, so the product need not be known:
// share times the difference of both grounds is added. Shadows and texture within the tolerance stay.
func (a *Augmenter) layOn(dst, share []float32, old [3]uint8, d groundDraws, w *workspace) {
	size := a.size
	w.other = grown(w.other, 3*size*size)
	if d.photo && len(a.Grounds) > 0 {
		other := a.Grounds[min(int(d.which*float64(len(a.Grounds))), len(a.Grounds)-1)]
		// The product's levels are not needed any more.
		w.view(other, inside(other).after(d.crop), size, a.options.Aliased).warp(w.other, size, imageprep.Perimeter(other))
	} else {
		drawGround(w.other, size, d)
	}
	for i, s := range share {
		for c := range 3 {
			v := dst[3*i+c] + s*(w.other[3*i+c]-float32(old[c]))
			dst[3*i+c] = min(max(v, 0), 255)
		}
	}
}

// inside is the middle square of a photo within its padded one.
func inside(p *imageprep.RGB) matrix {
	share := float64(min(p.Width, p.Height)) / float64(max(p.Width, p.Height))
	return scaled(share, share, 0, 0)
}

// drawGround fills with a colour or a gradient.
func drawGround(dst []float32, size int, d groundDraws) {
	sin, cos := math.Sincos(d.angle)
	for y := range size {
		for x := range size {
			t := 0.0
			if d.gradient {
				u, v := (float64(x)+0.5)/float64(size)-0.5, (float64(y)+0.5)/float64(size)-0.5
				t = min(max((u*cos+v*sin)+0.5, 0), 1)
			}
			for c := range 3 {
				first, last := d.colors[0][c], d.colors[1][c]
				dst[3*(y*size+x)+c] = first + (last-first)*float32(t)
			}
		}
	}
}
