package augment

import (
	"encoding/binary"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// halve averages 2 x 2 pixels into one; a last odd row or column counts twice. Averages are rounded.
func halve(p, out *imageprep.RGB) {
	out.Width, out.Height = (p.Width+1)/2, (p.Height+1)/2
	out.Pix = grown(out.Pix, 3*out.Width*out.Height)
	for y := range out.Height {
		upper := p.Pix[3*2*y*p.Width:][:3*p.Width]
		lower := upper
		if 2*y+1 < p.Height {
			lower = p.Pix[3*(2*y+1)*p.Width:][:3*p.Width]
		}
		halveRows(upper, lower, out.Pix[3*y*out.Width:][:3*out.Width])
	}
}

// halveRows reads 8 bytes at a time, which hold two pixels R G B R G B: sums of bytes 16 bits apart do not meet.
func halveRows(upper, lower, out []uint8) {
	const even = 0x00ff_00ff // R and B of a pixel
	x := 0
	for ; 6*x+8 <= len(upper); x++ {
		a, b := binary.LittleEndian.Uint64(upper[6*x:]), binary.LittleEndian.Uint64(lower[6*x:])
		rb := a&even + a>>24&even + b&even + b>>24&even + 0x0002_0002
		g := a>>8&0xff + a>>32&0xff + b>>8&0xff + b>>32&0xff + 2
		to := out[3*x : 3*x+3 : 3*x+3]
		to[0], to[1], to[2] = uint8(rb>>2), uint8(g>>2), uint8(rb>>18)
	}
	for ; 3*x < len(out); x++ {
		left := 6 * x
		right := min(left+3, len(upper)-3)
		for c := range 3 {
			sum := int(upper[left+c]) + int(upper[right+c]) + int(lower[left+c]) + int(lower[right+c])
			out[3*x+c] = uint8((sum + 2) >> 2)
		}
	}
}

// mostStep is how many pixels of a level lie between two samples at most; beyond it the next level is sampled. So a
// level's pixels are magnified by up to 1.25, and bilinear sampling skips none at 1.6 (each pixel reaches over 2).
const mostStep = 1.6

// view is how an output samples a level of a photo.
type view struct {
	photo *imageprep.RGB
	at    matrix // from the output's pixels to the level's, both counted from 0 at the first one's centre
}

// view chooses a level and makes the map of pixels. Geometry is from the output to the padded photo, both in -1..1.
func (w *workspace) view(photo *imageprep.RGB, geometry matrix, size int, aliased bool) view {
	side := float64(max(photo.Width, photo.Height))
	left := (max(photo.Width, photo.Height) - photo.Width) / 2 // as imageprep.Square pads
	top := (max(photo.Width, photo.Height) - photo.Height) / 2
	step, level, n := geometry.scale()*side/float64(size), photo, 0
	for !aliased && step > mostStep && level.Width > 1 && level.Height > 1 {
		next := &w.levels[n%2]
		halve(level, next)
		level, step, n = next, step/2, n+1
	}
	unit := 1 / float64(int(1)<<n)
	toUnit := matrix{2 / float64(size), 0, 1/float64(size) - 1, 0, 2 / float64(size), 1/float64(size) - 1, 0, 0, 1}
	toLevel := matrix{side / 2 * unit, 0, (side/2-float64(left))*unit - 0.5,
		0, side / 2 * unit, (side/2-float64(top))*unit - 0.5, 0, 0, 1}
	return view{level, toLevel.after(geometry).after(toUnit)}
}
