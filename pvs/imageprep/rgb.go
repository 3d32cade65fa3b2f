package imageprep

import (
	"image"
	"image/color"
)

// RGB is an image of 8-bit red, green and blue values, interleaved, row by row from
// the top: pixel (x, y) starts at Pix[3*(y*Width+x)].
type RGB struct {
	Width, Height int
	Pix           []uint8
}

// NewRGB makes a black image.
func NewRGB(width, height int) *RGB {
	return &RGB{Width: width, Height: height, Pix: make([]uint8, 3*width*height)}
}

// FromImage copies an image. Transparent pixels are composed with white, the ground that
// most shops show products on.
func FromImage(src image.Image) *RGB {
	b := src.Bounds()
	dst := NewRGB(b.Dx(), b.Dy())
	switch m := src.(type) {
	case *image.YCbCr:
		dst.fromYCbCr(m)
	case *image.Gray:
		for y := range dst.Height {
			row := m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]
			out := dst.Pix[3*y*dst.Width:]
			for x := range dst.Width {
				v := row[x]
				out[3*x], out[3*x+1], out[3*x+2] = v, v, v
			}
		}
	case *image.RGBA:
		for y := range dst.Height {
			row := m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):][:4*dst.Width]
			out := dst.Pix[3*y*dst.Width:][:3*dst.Width]
			for x := range dst.Width {
				from, to := row[4*x:][:4], out[3*x:][:3]
				white := 255 - from[3] // the values are premultiplied
				to[0], to[1], to[2] = from[0]+white, from[1]+white, from[2]+white
			}
		}
	case *image.CMYK:
		dst.setPixels(func(x, y int) (r, g, bl uint8) {
			c := m.CMYKAt(b.Min.X+x, b.Min.Y+y)
			return color.CMYKToRGB(c.C, c.M, c.Y, c.K)
		})
	default:
		dst.setPixels(func(x, y int) (r, g, bl uint8) {
			c := color.NRGBA64Model.Convert(src.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA64)
			return onWhite(c.R, c.A), onWhite(c.G, c.A), onWhite(c.B, c.A)
		})
	}
	return dst
}

// onWhite composes a 16-bit value with white by its alpha and rounds to 8 bits.
func onWhite(v, alpha uint16) uint8 {
	mixed := (uint64(v)*uint64(alpha) + 0xffff*(0xffff-uint64(alpha))) / 0xffff
	return uint8(mixed >> 8)
}

// setPixels sets every pixel to what at returns for its position.
func (p *RGB) setPixels(at func(x, y int) (r, g, b uint8)) {
	i := 0
	for y := range p.Height {
		for x := range p.Width {
			p.Pix[i], p.Pix[i+1], p.Pix[i+2] = at(x, y)
			i += 3
		}
	}
}

// fromYCbCr converts most photos, so it goes row by row and converts chroma once where two
// pixels share it.
func (p *RGB) fromYCbCr(m *image.YCbCr) {
	subsampled := m.SubsampleRatio == image.YCbCrSubsampleRatio420 || m.SubsampleRatio == image.YCbCrSubsampleRatio422
	if !subsampled && m.SubsampleRatio != image.YCbCrSubsampleRatio444 || m.Rect.Min != (image.Point{}) {
		p.setPixels(func(x, y int) (r, g, b uint8) {
			c := m.YCbCrAt(m.Rect.Min.X+x, m.Rect.Min.Y+y)
			return color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		})
		return
	}
	for y := range p.Height {
		luma := m.Y[y*m.YStride:][:p.Width]
		at := m.COffset(0, y)
		cb, cr := m.Cb[at:], m.Cr[at:]
		out := p.Pix[3*y*p.Width:][:3*p.Width]
		for x, l := range luma {
			c := x
			if subsampled {
				c = x / 2
			}
			out[3*x], out[3*x+1], out[3*x+2] = color.YCbCrToRGB(l, cb[c], cr[c])
		}
	}
}

// FromSquare rounds a square of values 0..255, [size, size, 3], to an image for display;
// values are clamped to that range.
func FromSquare(square []float32, size int) *RGB {
	p := NewRGB(size, size)
	for i := range p.Pix {
		p.Pix[i] = uint8(min(max(square[i], 0), 255) + 0.5)
	}
	return p
}

// Image copies to Go's standard image type.
func (p *RGB) Image() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		copy(m.Pix[4*i:], p.Pix[3*i:3*i+3])
		m.Pix[4*i+3] = 255
	}
	return m
}

// layOnWhite composes a pixel with white by its alpha; premultiplied says that the values are multiplied by it already.
func layOnWhite(pixel []uint8, alpha uint8, premultiplied bool) {
	a := int(alpha)
	for i, v := range pixel {
		if premultiplied {
			pixel[i] = uint8(min(int(v)+255-a, 255))
		} else {
			pixel[i] = uint8((int(v)*a + 255*(255-a) + 127) / 255)
		}
	}
}
