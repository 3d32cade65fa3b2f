package augment

import "github.com/gopvs/product-visual-search/pvs/imageprep"

// Shrink returns a photo whose longer side is at most that long, by averages over areas (box filter), which alias
// nothing; a smaller photo comes back itself. It is meant for photos that are kept in memory to be augmented often.
func Shrink(p *imageprep.RGB, longer int) *imageprep.RGB {
	side := max(p.Width, p.Height)
	if side <= longer {
		return p
	}
	width, height := max(1, (p.Width*longer+side/2)/side), max(1, (p.Height*longer+side/2)/side)
	out := imageprep.NewRGB(width, height)
	across, down := boxes(p.Width, width), boxes(p.Height, height)
	line, sum := make([]float32, 3*width), make([]float32, 3*width)
	for y, d := range down {
		clear(sum)
		for i, wy := range d.weights {
			row := p.Pix[3*(d.first+i)*p.Width:][:3*p.Width]
			for x, a := range across {
				var r, g, b float32
				for k, wx := range a.weights {
					pixel := row[3*(a.first+k):][:3]
					r, g, b = r+wx*float32(pixel[0]), g+wx*float32(pixel[1]), b+wx*float32(pixel[2])
				}
				line[3*x], line[3*x+1], line[3*x+2] = r, g, b
			}
			addWeighted(sum, line, wy)
		}
		for i, v := range sum {
			out.Pix[3*y*width+i] = uint8(v + 0.5)
		}
	}
	return out
}

func addWeighted(sum, line []float32, w float32) {
	for i, v := range line {
		sum[i] += w * v
	}
}

// box is the pixels that an output pixel covers, the first and last of them partly; weights sum to 1.
type box struct {
	first   int
	weights []float32
}

func boxes(from, to int) []box {
	out := make([]box, to)
	for i := range out { // in units of 1/to of a pixel, exactly
		start, end := i*from, (i+1)*from
		b := box{first: start / to}
		for at := b.first; at*to < end; at++ {
			covered := min(end, (at+1)*to) - max(start, at*to)
			b.weights = append(b.weights, float32(covered)/float32(from))
		}
		out[i] = b
	}
	return out
}
