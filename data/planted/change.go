package planted

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// changed is a photo as a query of a kind shows it.
func changed(kind Kind, p *imageprep.RGB, rng *rand.Rand) image.Image {
	m := p.Image()
	switch kind {
	case Turned:
		return turned(m, 1+rng.IntN(3))
	case Little:
		return little(m, imageprep.Perimeter(p), 0.25+0.08*rng.Float64(), rng)
	case Cut:
		return corner(m, 0.5, rng)
	case Dark:
		return darkened(m, 1/(9+6*rng.Float64()))
	case Blurred:
		return blurred(m, 0.05)
	case Small:
		return scaled(m, float64(20+rng.IntN(9))/float64(max(p.Width, p.Height)))
	}
	return m
}

// turned is a picture rotated counter-clockwise by quarters of a circle.
func turned(m image.Image, quarters int) image.Image {
	for range quarters {
		b := m.Bounds()
		out := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
		for y := range b.Dy() {
			for x := range b.Dx() {
				out.Set(y, b.Dx()-1-x, m.At(b.Min.X+x, b.Min.Y+y))
			}
		}
		m = out
	}
	return m
}

// little puts a picture, scaled by a factor, somewhere on a ground of its edge's colour, as large as it was.
func little(m image.Image, edge [3]uint8, factor float64, rng *rand.Rand) image.Image {
	small := scaled(m, factor)
	out := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	for i := 0; i < len(out.Pix); i += 4 {
		noise := rng.IntN(5) - 2 // as of a camera
		for c := range 3 {
			out.Pix[i+c] = uint8(max(0, min(255, int(edge[c])+noise)))
		}
		out.Pix[i+3] = 255
	}
	room := out.Bounds().Size().Sub(small.Bounds().Size())
	at := image.Pt(rng.IntN(room.X+1), rng.IntN(room.Y+1))
	draw.Draw(out, small.Bounds().Add(at), small, image.Point{}, draw.Src)
	return out
}

// corner is a part of a picture, a share of its sides wide, at one of its corners but for a tenth of the side.
func corner(m image.Image, share float64, rng *rand.Rand) image.Image {
	b := m.Bounds()
	w, h := int(share*float64(b.Dx())), int(share*float64(b.Dy()))
	x, y := b.Dx()/10, b.Dy()/10
	if rng.IntN(2) == 1 {
		x = b.Dx() - b.Dx()/10 - w
	}
	if rng.IntN(2) == 1 {
		y = b.Dy() - b.Dy()/10 - h
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), m, b.Min.Add(image.Pt(x, y)), draw.Src)
	return out
}

// each changes every pixel.
func each(m image.Image, change func(c color.RGBA) color.RGBA) image.Image {
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.SetRGBA(x, y, change(color.RGBAModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.RGBA)))
		}
	}
	return out
}

// darkened has a share of the light, in linear light of sRGB's approximate power 2.2, with a sensor's noise left out.
func darkened(m image.Image, share float64) image.Image {
	var table [256]uint8
	for v := range table {
		table[v] = uint8(255*math.Pow(share*math.Pow(float64(v)/255, 2.2), 1/2.2) + 0.5)
	}
	return each(m, func(c color.RGBA) color.RGBA { return color.RGBA{table[c.R], table[c.G], table[c.B], 255} })
}

// recoloured has other hues: the channels change places, by 1 or 2.
func recoloured(m image.Image, by int) image.Image {
	return each(m, func(c color.RGBA) color.RGBA {
		if by == 1 {
			return color.RGBA{c.G, c.B, c.R, 255}
		}
		return color.RGBA{c.B, c.R, c.G, 255}
	})
}

// scaled is a picture, scaled.
func scaled(m image.Image, factor float64) *image.RGBA {
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, max(1, int(factor*float64(b.Dx()))), max(1, int(factor*float64(b.Dy())))))
	draw.CatmullRom.Scale(out, out.Bounds(), m, b, draw.Src, nil)
	return out
}

// blurred averages over discs as wide as a share of the longer side, which is what a lens out of focus does.
func blurred(m image.Image, share float64) image.Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	r := max(1, int(share*float64(max(w, h))))
	src := scaled(m, 1)
	half := make([]int, 2*r+1) // of the disc's rows
	n := 0
	for i := range half {
		y := i - r
		half[i] = int(math.Sqrt(float64(r*r - y*y)))
		n += 2*half[i] + 1
	}
	// Sums of a row up to each place, with its ends repeated: a disc's row is a difference.
	sums := make([][][3]int, h)
	for y := range h {
		sums[y] = make([][3]int, w+2*r+1)
		for x := range w + 2*r {
			i := src.PixOffset(max(0, min(w-1, x-r)), y)
			for c := range 3 {
				sums[y][x+1][c] = sums[y][x][c] + int(src.Pix[i+c])
			}
		}
	}
	out := image.NewRGBA(src.Bounds())
	for y := range h {
		for x := range w {
			var sum [3]int
			for i, wide := range half {
				row := sums[max(0, min(h-1, y+i-r))]
				for c := range 3 {
					sum[c] += row[x+r+wide+1][c] - row[x+r-wide][c]
				}
			}
			out.SetRGBA(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return out
}

// encoded is a picture as a JPEG.
func encoded(m image.Image, quality int) ([]byte, error) {
	var jpg bytes.Buffer
	err := jpeg.Encode(&jpg, m, &jpeg.Options{Quality: quality})
	return jpg.Bytes(), err
}
