package check

import "github.com/gopvs/product-visual-search/pvs/imageprep"

// planes is a picture as red, green and blue planes of side x side values, 0..255.
type planes struct {
	side int
	c    [3][]float32
}

// share is how much a source pixel adds to an output pixel.
type share struct {
	at     int
	weight float32
}

// shares cuts size pixels into n equal parts: each lists the pixels that it covers with
// the share of each, so that a picture and its enlargement shrink to the same values.
func shares(size, n int) [][]share {
	out := make([][]share, n)
	step := float64(size) / float64(n)
	for i := range out {
		from, to := float64(i)*step, float64(i+1)*step
		for p := int(from); p < size && float64(p) < to; p++ {
			covered := min(to, float64(p+1)) - max(from, float64(p))
			if covered > 1e-9 {
				out[i] = append(out[i], share{p, float32(covered / step)})
			}
		}
	}
	return out
}

// shrink stretches a photo to a square of side x side by averaging areas.
func shrink(p *imageprep.RGB, side int) planes {
	out := planes{side: side}
	for c := range out.c {
		out.c[c] = make([]float32, side*side)
	}
	across, down := shares(p.Width, side), shares(p.Height, side)
	line := make([]float32, 3*side)
	held := -1 // the source row that line holds: neighbouring output rows share one
	for y, rows := range down {
		for _, r := range rows {
			if r.at != held {
				shrinkRow(p.Pix[3*r.at*p.Width:3*(r.at+1)*p.Width], across, line)
				held = r.at
			}
			for x := range side {
				for c := range out.c {
					out.c[c][y*side+x] += r.weight * line[3*x+c]
				}
			}
		}
	}
	return out
}

func shrinkRow(row []uint8, across [][]share, line []float32) {
	for x, pixels := range across {
		var r, g, b float32
		for _, s := range pixels {
			pixel := row[3*s.at:][:3]
			r += s.weight * float32(pixel[0])
			g += s.weight * float32(pixel[1])
			b += s.weight * float32(pixel[2])
		}
		line[3*x], line[3*x+1], line[3*x+2] = r, g, b
	}
}

// inset crops a margin at all four edges and shrinks the rest to side x side.
func (p planes) inset(margin, side int) planes {
	out := planes{side: side}
	inner := p.side - 2*margin
	cells := shares(inner, side)
	across := make([]float32, inner*side) // [y, x], shrunk horizontally
	for c, src := range p.c {
		out.c[c] = make([]float32, side*side)
		for y := range inner {
			row := src[(margin+y)*p.side+margin:][:inner]
			for x, pixels := range cells {
				var v float32
				for _, s := range pixels {
					v += s.weight * row[s.at]
				}
				across[y*side+x] = v
			}
		}
		for y, rows := range cells {
			for _, s := range rows {
				for x := range side {
					out.c[c][y*side+x] += s.weight * across[s.at*side+x]
				}
			}
		}
	}
	return out
}

// luma is the brightness of each pixel (ITU-R BT.601).
func (p planes) luma() []float32 {
	out := make([]float32, p.side*p.side)
	for i := range out {
		out[i] = 0.299*p.c[0][i] + 0.587*p.c[1][i] + 0.114*p.c[2][i]
	}
	return out
}

// downsample averages squares of 2 x 2 pixels.
func downsample(v []float32, side int) []float32 {
	n := side / 2
	out := make([]float32, n*n)
	for y := range n {
		for x := range n {
			i := 2*y*side + 2*x
			out[y*n+x] = (v[i] + v[i+1] + v[i+side] + v[i+side+1]) / 4
		}
	}
	return out
}
