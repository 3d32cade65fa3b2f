package serve

import (
	"bytes"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// sides are how long the longer side of a picture can be; others are not made, so that nobody fills the cache.
var sides = []int{160, 480, 1200}

// squareUpTo is the longest side of pictures that are squares, for cards of one shape. Longer ones are the photo as it
// is.
const squareUpTo = 480

// squared centres a photo on a square whose rest goes on with the photo's edge, smoothed along it: the ground of a
// studio photo, even or shaded, goes on as it is. (The network's square has one colour there; this one is for eyes.)
func squared(p *imageprep.RGB) *imageprep.RGB {
	side := max(p.Width, p.Height)
	if p.Width == p.Height {
		return p
	}
	out := imageprep.NewRGB(side, side)
	left, top := (side-p.Width)/2, (side-p.Height)/2
	for y := range p.Height {
		copy(out.Pix[3*((y+top)*side+left):], p.Pix[3*y*p.Width:3*(y+1)*p.Width])
	}
	if p.Width > p.Height {
		above, below := edge(p, 0, 3, p.Width), edge(p, 3*(p.Height-1)*p.Width, 3, p.Width)
		for y := range side {
			switch {
			case y < top:
				copy(out.Pix[3*y*side:], above)
			case y >= top+p.Height:
				copy(out.Pix[3*y*side:], below)
			}
		}
		return out
	}
	before, after := edge(p, 0, 3*p.Width, p.Height), edge(p, 3*(p.Width-1), 3*p.Width, p.Height)
	for y := range side {
		row := out.Pix[3*y*side:][:3*side]
		for x := range left {
			copy(row[3*x:], before[3*y:3*y+3])
		}
		for x := left + p.Width; x < side; x++ {
			copy(row[3*x:], after[3*y:3*y+3])
		}
	}
	return out
}

// edge is n pixels of a photo from one on, so many bytes apart, each the median of those around it: a product that
// reaches the edge is not drawn out into a stripe.
func edge(p *imageprep.RGB, from, step, n int) []uint8 {
	out := make([]uint8, 3*n)
	around := max(1, n/4)
	for c := range 3 {
		value := func(i int) uint8 { return p.Pix[from+i*step+c] }
		var count [256]int // of the values around
		for i := range min(around, n) {
			count[value(i)]++
		}
		for i := range n {
			if i+around < n {
				count[value(i+around)]++
			}
			if i-around-1 >= 0 {
				count[value(i-around-1)]--
			}
			half, middle := (min(n, i+around+1)-max(0, i-around)+1)/2, 0
			for v, seen := 0, 0; v < 256; v++ {
				if seen += count[v]; seen >= half {
					middle = v
					break
				}
			}
			out[3*i+c] = uint8(middle)
		}
	}
	return out
}

// picture encodes a photo anew, its longer side at most side pixels. What its file holds beside pixels is left behind.
func picture(p *imageprep.RGB, side int) ([]byte, error) {
	width, height := p.Width, p.Height
	if long := max(width, height); long > side {
		width, height = max(1, width*side/long), max(1, height*side/long)
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	src := halved(p, 2*max(width, height)).Image()
	draw.CatmullRom.Scale(m, m.Bounds(), src, src.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 85})
	return out.Bytes(), err
}

// halved takes the mean of 2 x 2 pixels, 4 x 4, ... while the longer side stays at least as long as that; it is
// what makes the scaling of a large photo quick.
func halved(p *imageprep.RGB, side int) *imageprep.RGB {
	for max(p.Width, p.Height) >= 2*side && min(p.Width, p.Height) >= 2 {
		half := imageprep.NewRGB(p.Width/2, p.Height/2)
		for y := range half.Height {
			above := p.Pix[3*2*y*p.Width:]
			below := p.Pix[3*(2*y+1)*p.Width:]
			row := half.Pix[3*y*half.Width:][:3*half.Width]
			for x := range half.Width {
				for c := range 3 {
					i := 6*x + c
					row[3*x+c] = uint8((int(above[i]) + int(above[i+3]) + int(below[i]) + int(below[i+3]) + 2) / 4)
				}
			}
		}
		p = half
	}
	return p
}
