package imageprep

import "math"

// Centre returns the central part of a photo: the square in the middle of its padded square ([PadSquare]) whose side is
// that share of the longer side, or what of it lies in the photo. Share 1 is the photo itself.
func Centre(p *RGB, share float64) *RGB {
	side := max(1, int(math.Round(share*float64(max(p.Width, p.Height)))))
	width, height := min(p.Width, side), min(p.Height, side)
	if width == p.Width && height == p.Height {
		return p
	}
	out := NewRGB(width, height)
	left, top := (p.Width-width)/2, (p.Height-height)/2
	for y := range height {
		copy(out.Pix[3*y*width:3*(y+1)*width], p.Pix[3*((top+y)*p.Width+left):])
	}
	return out
}
