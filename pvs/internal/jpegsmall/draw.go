package jpegsmall

// What Cb and Cr add to a colour, in fractions of 16 bits, as in libjpeg (jdcolor.c).
var redOfCr, greenOfCr, greenOfCb, blueOfCb = func() (rv, gv, gu, bu [256]int32) {
	const half = 1 << 15
	for i := range rv {
		x := int32(i) - 128
		rv[i], bu[i] = (91881*x+half)>>16, (116130*x+half)>>16
		gv[i], gu[i] = -46802*x, -22554*x+half
	}
	return
}()

// draw converts the planes to RGB.
func (d *decoder) draw() []uint8 {
	width, height := ceil(d.header.Width, d.smaller), ceil(d.header.Height, d.smaller)
	pix := make([]uint8, 3*width*height)
	luma := &d.components[0]
	if len(d.header.Components) == 1 {
		for y := range height {
			out := pix[3*y*width:][:3*width]
			for x, v := range luma.plane[y*luma.stride:][:width] {
				out[3*x], out[3*x+1], out[3*x+2] = v, v, v
			}
		}
		return pix
	}
	cb, cr := make([]uint8, width), make([]uint8, width)
	for y := range height {
		out := pix[3*y*width:][:3*width]
		d.components[1].row(y, d, cb)
		d.components[2].row(y, d, cr)
		for x, v := range luma.plane[y*luma.stride:][:width] {
			l, u, v := int32(v), cb[x], cr[x]
			to := out[3*x:][:3]
			to[0] = clamp(l + redOfCr[v])
			to[1] = clamp(l + (greenOfCb[u]+greenOfCr[v])>>16)
			to[2] = clamp(l + blueOfCb[u])
		}
	}
	return pix
}

// clamped are values of -256 to 767, which colours have before they are clamped to 0 to 255.
var clamped = func() (t [1024]uint8) {
	for i := range t {
		t[i] = uint8(min(max(i-256, 0), 255))
	}
	return
}()

func clamp(v int32) uint8 { return clamped[(v+256)&1023] }

// row upsamples row y of the image from a component with as many samples across and down as luma or half. Between two
// samples are three quarters of the nearer one and a quarter of the other, but at an eighth samples are repeated
// (jdsample.c).
func (c *component) row(y int, d *decoder, to []uint8) {
	luma := &d.components[0]
	wide, tall := c.h*c.side < luma.h*luma.side, c.v*c.side < luma.v*luma.side
	smooth := d.smaller < 8
	at, beside := y, y
	if tall {
		at = y / 2
		beside = max(0, min(c.height-1, at-1+2*(y&1)))
	}
	row := c.plane[at*c.stride:][:c.width]
	switch {
	case tall && smooth:
		other := c.plane[beside*c.stride:][:c.width]
		for x := range to {
			to[x] = uint8((3*int(row[x]) + int(other[x]) + 1 + y&1) >> 2)
		}
	case !wide:
		copy(to, row)
	case smooth && c.width > 2:
		for x := range to {
			at := x / 2
			other := max(0, min(c.width-1, at-1+2*(x&1)))
			to[x] = uint8((3*int(row[at]) + int(row[other]) + 1 + x&1) >> 2)
		}
	default:
		for x := range to {
			to[x] = row[x/2]
		}
	}
}
