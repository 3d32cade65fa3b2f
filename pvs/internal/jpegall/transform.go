package jpegall

import "errors"

// transform computes the samples of a component from its coefficients.
func (d *decoder) transform(c *Component) error {
	q := d.quantity[c.Table]
	if q == nil {
		return errors.New("a table of quantisation is missing")
	}
	var scale [64]int
	for k, v := range q {
		scale[zigzag[k]] = int(v)
	}
	width := 8 * c.blocksX
	c.plane = make([]uint8, width*8*c.blocksY)
	for y := range c.blocksY {
		for x := range c.blocksX {
			idct(c.coefficients[64*(y*c.stride+x):][:64], &scale, d.Bits, c.plane[8*y*width+8*x:], width)
		}
	}
	c.coefficients = nil
	return nil
}

// The constants of libjpeg's accurate transform (jidctint.c), in fractions of 13 bits.
const (
	f0298, f0390, f0541, f0765 = 2446, 3196, 4433, 6270
	f0899, f1175, f1501, f1847 = 7373, 9633, 12299, 15137
	f1961, f2053, f2562, f3072 = 16069, 16819, 20995, 25172
	constBits, firstBits       = 13, 2
)

// idct is the inverse discrete cosine transform of a block, rounded as libjpeg's jidctint.c does, to samples of 8 bits.
func idct(in []int16, scale *[64]int, bits int, out []uint8, stride int) {
	var work [64]int
	for x := range 8 {
		idct1D(func(i int) int { return int(in[8*i+x]) * scale[8*i+x] }, constBits-firstBits, func(i,
			v int) {
			work[8*i+x] = v
		})
	}
	shift, middle := bits-8, 1<<(bits-1)
	for y := range 8 {
		row := out[y*stride:][:8]
		idct1D(func(i int) int { return work[8*y+i] }, constBits+firstBits+3, func(i, v int) {
			row[i] = uint8(min(max((v+middle)>>shift, 0), 255))
		})
	}
}

// idct1D transforms a column or a row of eight.
func idct1D(in func(int) int, shift int, out func(int, int)) {
	z2, z3 := in(2), in(6)
	z1 := (z2 + z3) * f0541
	t2, t3 := z1-z3*f1847, z1+z2*f0765
	z2, z3 = in(0), in(4)
	t0, t1 := (z2+z3)<<constBits, (z2-z3)<<constBits
	e0, e3, e1, e2 := t0+t3, t0-t3, t1+t2, t1-t2
	t0, t1, t2, t3 = in(7), in(5), in(3), in(1)
	z1, z2, z3 = t0+t3, t1+t2, t0+t2
	z4 := t1 + t3
	z5 := (z3 + z4) * f1175
	t0, t1, t2, t3 = t0*f0298, t1*f2053, t2*f3072, t3*f1501
	z1, z2, z3, z4 = -z1*f0899, -z2*f2562, z5-z3*f1961, z5-z4*f0390
	t0, t1, t2, t3 = t0+z1+z3, t1+z2+z4, t2+z2+z3, t3+z1+z4
	half := 1 << (shift - 1)
	for i, v := range [8]int{e0 + t3, e1 + t2, e2 + t1, e3 + t0, e3 - t0, e2 - t1, e1 - t2, e0 - t3} {
		out(i, (v+half)>>shift)
	}
}

// upsample upsamples a component to the size of the image: a factor of 2 is interpolated as in libjpeg (jdsample.c),
// other factors repeat samples.
func (d *decoder) upsample(c *Component) []uint8 {
	maxH, maxV := d.Largest()
	stride := 8 * c.blocksX
	out := make([]uint8, d.Width*d.Height)
	twiceX, twiceY := maxH == 2*c.H, maxV == 2*c.V
	fancy := c.width > 2 && (twiceX && (twiceY || maxV == c.V))
	tall := maxH == c.H && twiceY
	sum := make([]int, c.width)
	for y := range d.Height {
		to := out[y*d.Width:][:d.Width]
		at := y * c.V / maxV
		row := c.plane[at*stride:][:c.width]
		if !fancy && !tall {
			if maxH == c.H {
				copy(to, row)
				continue
			}
			for x := range to {
				to[x] = row[x*c.H/maxH]
			}
			continue
		}
		beside := row
		if twiceY {
			at = max(0, min(c.height_-1, at-1+2*(y&1)))
			beside = c.plane[at*stride:][:c.width]
		}
		switch {
		case tall:
			for x := range to {
				to[x] = uint8((3*int(row[x]) + int(beside[x]) + 1 + y&1) >> 2)
			}
		case twiceY:
			for x := range sum {
				sum[x] = 3*int(row[x]) + int(beside[x])
			}
			for x := range to {
				i := x / 2
				other := max(0, min(c.width-1, i-1+2*(x&1)))
				to[x] = uint8((3*sum[i] + sum[other] + 8 - x&1) >> 4)
			}
		default:
			for x := range to {
				i := x / 2
				other := max(0, min(c.width-1, i-1+2*(x&1)))
				to[x] = uint8((3*int(row[i]) + int(row[other]) + 1 + x&1) >> 2)
			}
		}
	}
	return out
}
