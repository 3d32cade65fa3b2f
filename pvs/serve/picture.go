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
