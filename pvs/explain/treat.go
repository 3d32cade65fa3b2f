package explain

import (
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// treatment changes a photo before it is embedded again. Its name is part of the key under which vectors are kept.
type treatment struct {
	name  string
	apply func(p *imageprep.RGB) *imageprep.RGB
}

// turn rotates counter-clockwise by quarters of a circle.
func turn(quarters int) treatment {
	return treatment{fmt.Sprintf("turned %d", 90*quarters), func(p *imageprep.RGB) *imageprep.RGB {
		for range quarters {
			out := imageprep.NewRGB(p.Height, p.Width)
			for y := range p.Height {
				for x := range p.Width {
					copy(out.Pix[3*((p.Width-1-x)*p.Height+y):][:3], p.Pix[3*(y*p.Width+x):][:3])
				}
			}
			p = out
		}
		return p
	}}
}

// cropMargin is what a crop leaves around the product, as a share of its box.
const cropMargin = 0.04

// crop cuts a photo to its product.
var crop = treatment{"cropped", func(p *imageprep.RGB) *imageprep.RGB {
	b := segment(shrunk(p, lookSide)).box()
	mx, my := cropMargin*(b.x1-b.x0), cropMargin*(b.y1-b.y0)
	x0, y0 := int(max(0, b.x0-mx)*float64(p.Width)), int(max(0, b.y0-my)*float64(p.Height))
	x1 := max(x0+1, int(math.Ceil(min(1, b.x1+mx)*float64(p.Width))))
	y1 := max(y0+1, int(math.Ceil(min(1, b.y1+my)*float64(p.Height))))
	out := imageprep.NewRGB(x1-x0, y1-y0)
	for y := range out.Height {
		copy(out.Pix[3*y*out.Width:][:3*out.Width], p.Pix[3*((y0+y)*p.Width+x0):])
	}
	return out
}}

// brighten multiplies linear light (sRGB's approximate power 2.2) so that the photo's [look.light] is the wanted one.
func brighten(wanted float64) treatment {
	return treatment{fmt.Sprintf("brightened to %.0f", wanted), func(p *imageprep.RGB) *imageprep.RGB {
		gain := wanted / max(1, light(shrunk(p, lookSide))) // of values, as (gain^2.2 * v^2.2)^(1/2.2)
		out := imageprep.NewRGB(p.Width, p.Height)
		for i, v := range p.Pix {
			out.Pix[i] = uint8(min(255, gain*float64(v)+0.5))
		}
		return out
	}}
}

// sharpen adds what a blur takes away, twice (unsharp masking), over a fortieth of the longer side.
var sharpen = treatment{"sharpened", func(p *imageprep.RGB) *imageprep.RGB {
	const amount = 2
	soft := averaged(p, max(1, max(p.Width, p.Height)/40))
	out := imageprep.NewRGB(p.Width, p.Height)
	for i, v := range p.Pix {
		out.Pix[i] = uint8(max(0, min(255, float64(v)+amount*(float64(v)-float64(soft.Pix[i])))))
	}
	return out
}}

// averaged is a photo's mean over squares of 2*reach+1 pixels, cut at the edge.
func averaged(p *imageprep.RGB, reach int) *imageprep.RGB {
	pass := func(src *imageprep.RGB, n, rows, step, across int) *imageprep.RGB {
		out := imageprep.NewRGB(src.Width, src.Height)
		for r := range rows {
			for c := range 3 {
				at := func(i int) int { return 3*(r*across+i*step) + c }
				sum, count := 0, 0
				for i := 0; i <= min(reach, n-1); i++ {
					sum, count = sum+int(src.Pix[at(i)]), count+1
				}
				for i := range n {
					out.Pix[at(i)] = uint8(sum / count)
					if i+reach+1 < n {
						sum, count = sum+int(src.Pix[at(i+reach+1)]), count+1
					}
					if i-reach >= 0 {
						sum, count = sum-int(src.Pix[at(i-reach)]), count-1
					}
				}
			}
		}
		return out
	}
	return pass(pass(p, p.Width, p.Height, 1, p.Width), p.Height, p.Width, p.Width, 1)
}

// grey leaves the brightness and takes the colours away.
var grey = treatment{"grey", func(p *imageprep.RGB) *imageprep.RGB {
	out := imageprep.NewRGB(p.Width, p.Height)
	for i, l := range lumas(p) {
		for c := range 3 {
			out.Pix[3*i+c] = uint8(l + 0.5)
		}
	}
	return out
}}

// flatten gives the ground one colour.
func flatten(colour [3]uint8) treatment {
	return treatment{fmt.Sprintf("on a ground of %d %d %d", colour[0], colour[1], colour[2]),
		func(p *imageprep.RGB) *imageprep.RGB {
			small := shrunk(p, lookSide)
			s := segment(small)
			out := imageprep.NewRGB(p.Width, p.Height)
			copy(out.Pix, p.Pix)
			for y := range p.Height {
				for x := range p.Width {
					if !s.product[y*small.Height/p.Height*small.Width+x*small.Width/p.Width] {
						copy(out.Pix[3*(y*p.Width+x):][:3], colour[:])
					}
				}
			}
			return out
		}}
}
