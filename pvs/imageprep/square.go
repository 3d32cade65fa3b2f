package imageprep

import "math"

// Perimeter returns the mean of each channel over the one-pixel edge: top, bottom,
// left and right row one after the other, so that corners count twice. The mean of
// integers is truncated (RECIPE: the original's writer).
func Perimeter(p *RGB) [3]uint8 {
	var sum [3]int
	add := func(x, y int) {
		i := 3 * (y*p.Width + x)
		for c := range sum {
			sum[c] += int(p.Pix[i+c])
		}
	}
	for x := range p.Width {
		add(x, 0)
		add(x, p.Height-1)
	}
	for y := range p.Height {
		add(0, y)
		add(p.Width-1, y)
	}
	n := 2 * (p.Width + p.Height)
	return [3]uint8{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n)}
}

// PadSquare centres the image on a square of its longer side, which has the colour of its
// perimeter. If the number of padded rows or columns is odd, the larger part is below or
// right.
func PadSquare(p *RGB) *RGB {
	side := max(p.Width, p.Height)
	if p.Width == p.Height {
		return p
	}
	fill := Perimeter(p)
	out := NewRGB(side, side)
	out.setPixels(func(int, int) (uint8, uint8, uint8) { return fill[0], fill[1], fill[2] })
	left, top := (side-p.Width)/2, (side-p.Height)/2
	for y := range p.Height {
		copy(out.Pix[3*((top+y)*side+left):], p.Pix[3*y*p.Width:3*(y+1)*p.Width])
	}
	return out
}

// tap is the position of an output coordinate between two input coordinates.
type tap struct {
	lo, hi int
	weight float32 // of hi
}

// taps maps n output pixels to size input pixels with half-pixel centres, as
// compute_interpolation_weights of TensorFlow's resize_bilinear_op does.
func taps(size, n int) []tap {
	scale := float32(size) / float32(n)
	out := make([]tap, n)
	for i := range out {
		at := (float32(i)+0.5)*scale - 0.5
		floor := math.Floor(float64(at))
		out[i] = tap{
			lo:     max(int(floor), 0),
			hi:     min(int(math.Ceil(float64(at))), size-1),
			weight: at - float32(floor),
		}
	}
	return out
}

// Resize resizes bilinearly to width x height, unrounded 0..255, into dst of
// 3*width*height values.
func Resize(p *RGB, width, height int, dst []float32) {
	resample(p, p.Width, p.Height, 0, 0, [3]uint8{}, width, height, dst)
}

// Square is [PadSquare] and [Resize] to size x size in one step, into dst of 3*size*size
// values.
func Square(p *RGB, size int, dst []float32) {
	side := max(p.Width, p.Height)
	resample(p, side, side, (side-p.Width)/2, (side-p.Height)/2, Perimeter(p), size, size, dst)
}

// resample resizes a canvas of the colour fill with the image at (left, top). Each of the
// canvas's rows is resized horizontally once, then pairs of rows are interpolated.
func resample(p *RGB, canvasW, canvasH, left, top int, fill [3]uint8, width, height int, dst []float32) {
	across, down := taps(canvasW, width), taps(canvasH, height)
	line := make([]uint8, 3*canvasW) // one row of the canvas
	for x := range canvasW {
		copy(line[3*x:], fill[:])
	}
	empty := append([]uint8(nil), line...)
	rows := [2][]float32{make([]float32, 3*width), make([]float32, 3*width)}
	held := [2]int{-1, -1} // which canvas row each holds
	row := func(y int, keep int) []float32 {
		for i := range held {
			if held[i] == y {
				return rows[i]
			}
		}
		slot := 0
		if held[0] == keep {
			slot = 1
		}
		src := empty
		if y >= top && y < top+p.Height {
			copy(line[3*left:], p.Pix[3*(y-top)*p.Width:3*(y-top+1)*p.Width])
			src = line
		}
		resizeRow(src, across, rows[slot])
		held[slot] = y
		return rows[slot]
	}
	for y, t := range down {
		upper := row(t.lo, t.hi)
		lower := row(t.hi, t.lo)
		out := dst[3*y*width:][:len(upper)]
		for i, u := range upper {
			out[i] = u + (lower[i]-u)*t.weight
		}
	}
}

// resizeRow is the innermost loop, unrolled over the three channels.
func resizeRow(src []uint8, across []tap, dst []float32) {
	for x, t := range across {
		lo, hi, out := src[3*t.lo:][:3], src[3*t.hi:][:3], dst[3*x:][:3]
		r, g, b := float32(lo[0]), float32(lo[1]), float32(lo[2])
		out[0] = r + (float32(hi[0])-r)*t.weight
		out[1] = g + (float32(hi[1])-g)*t.weight
		out[2] = b + (float32(hi[2])-b)*t.weight
	}
}
