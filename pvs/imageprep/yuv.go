package imageprep

import (
	"errors"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/internal/still"
)

// yuv converts planes of brightness and colour to RGB. Tables hold what each value of a sample adds, in 16-bit
// fractions.
type yuv struct {
	y, rv, gu, gv, bu []int32
	smooth            bool // colour between samples is interpolated
	plain             bool // the planes are G, B and R
}

const fraction = 16

// newYUV makes the tables for samples of bits bits. Matrix is the number of the coefficients in ITU-T H.273, table
// 4; what is not said is BT.601, as in libheif, libavif and WebP.
func newYUV(bits, matrix, primaries int, full bool) (*yuv, error) {
	if bits < 8 || bits > 12 {
		return nil, unsupported{fmt.Sprintf("an image of %d bits a sample", bits)}
	}
	var kr, kb float64
	switch matrix {
	case 0:
	case 1:
		kr, kb = 0.2126, 0.0722 // BT.709
	case 4:
		kr, kb = 0.30, 0.11 // FCC
	case 2, 3, 5, 6:
		kr, kb = 0.299, 0.114 // BT.601
	case 7:
		kr, kb = 0.212, 0.087 // SMPTE 240M
	case 9:
		kr, kb = 0.2627, 0.0593 // BT.2020
	case 12: // from the primaries
		switch primaries {
		case 1:
			kr, kb = 0.2126, 0.0722
		case 9:
			kr, kb = 0.2627, 0.0593
		case 12:
			kr, kb = 0.2290, 0.0793 // Display P3
		default:
			kr, kb = 0.299, 0.114
		}
	default:
		return nil, unsupported{fmt.Sprintf("an image whose colours are coded by matrix %d of ITU-T H.273", matrix)}
	}
	n := 1 << bits
	top := float64(n - 1)
	low, span, colors := 0.0, top, top
	if !full {
		step := float64(int(1) << (bits - 8))
		low, span, colors = 16*step, 219*step, 224*step
	}
	c := &yuv{plain: matrix == 0}
	for _, t := range []*[]int32{&c.y, &c.rv, &c.gu, &c.gv, &c.bu} {
		*t = make([]int32, n)
	}
	kg, one := 1-kr-kb, 255*float64(int(1)<<fraction)
	for v := range n {
		color := (float64(v) - float64(n/2)) / colors * one
		c.y[v] = int32((float64(v)-low)/span*one) + 1<<(fraction-1) // rounds
		c.rv[v] = int32(2 * (1 - kr) * color)
		c.bu[v] = int32(2 * (1 - kb) * color)
		c.gu[v] = int32(-2 * kb * (1 - kb) / kg * color)
		c.gv[v] = int32(-2 * kr * (1 - kr) / kg * color)
	}
	return c, nil
}

// likeLibyuv limits what Cb adds to blue to the double, as libyuv's fixed-point numbers do in the limited range (row.h,
// YuvConstants).
func (c *yuv) likeLibyuv() {
	middle := len(c.bu) / 2
	for v := range c.bu {
		twice := int32(2 * 128 * (v - middle) / middle << fraction)
		c.bu[v] = max(min(c.bu[v], max(twice, 0)), min(twice, 0))
	}
}

// draw converts a picture into an image, its corner at (left, top); what lies outside is left out.
func (c *yuv) draw(p *still.Picture, dst *RGB, left, top int) error {
	w, h := min(p.Width, dst.Width-left), min(p.Height, dst.Height-top)
	if c.plain && p.Chroma != still.YUV444 && p.Chroma != still.Grey {
		return errors.New("its colours are planes of RGB and yet subsampled")
	}
	luma, u, v := make([]uint16, p.Width), make([]uint16, p.Width), make([]uint16, p.Width)
	var lines chromaLines
	for y := range h {
		samples(luma, p.Planes[0][y*p.Strides[0]:], p.Bits)
		out := dst.Pix[3*((top+y)*dst.Width+left):][:3*w]
		if p.Chroma == still.Grey {
			for x, l := range luma[:w] {
				g := clamp(c.y[l])
				out[3*x], out[3*x+1], out[3*x+2] = g, g, g
			}
			continue
		}
		lines.row(p, y, c.smooth, u, v)
		if c.plain {
			for x, l := range luma[:w] {
				out[3*x], out[3*x+1], out[3*x+2] = clamp(c.y[v[x]]), clamp(c.y[l]), clamp(c.y[u[x]])
			}
			continue
		}
		for x, l := range luma[:w] {
			at, cb, cr := c.y[l], u[x], v[x]
			to := out[3*x:][:3]
			to[0], to[1], to[2] = clamp(at+c.rv[cr]), clamp(at+c.gu[cb]+c.gv[cr]), clamp(at+c.bu[cb])
		}
	}
	return nil
}

// clamp rounds a 16-bit fraction down and clamps to 0..255.
func clamp(v int32) uint8 {
	v >>= fraction
	if uint32(v) > 255 {
		if v < 0 {
			return 0
		}
		return 255
	}
	return uint8(v)
}

// samples copies a row of samples.
func samples(to []uint16, from []byte, bits int) {
	if bits <= 8 {
		for i, v := range from[:len(to)] {
			to[i] = uint16(v)
		}
		return
	}
	mask := uint16(1)<<bits - 1 // a table's end, whatever a decoder wrote
	from = from[:2*len(to)]
	for i := range to {
		to[i] = (uint16(from[2*i]) | uint16(from[2*i+1])<<8) & mask
	}
}

// chromaLines upsamples rows of chroma to the width of luma.
type chromaLines struct {
	near, far [2][]uint16 // rows of samples, of Cb and Cr
	mixed     []uint16
}

// row computes the chroma of row y of a picture. A sample for two pixels lies between them: smooth pixels are three
// quarters of the nearer sample and a quarter of the farther one, as in libwebp, libavif and libjpeg; others are the
// nearer sample.
func (l *chromaLines) row(p *still.Picture, y int, smooth bool, u, v []uint16) {
	if p.Chroma == still.YUV444 {
		samples(u, p.Planes[1][y*p.Strides[1]:], p.Bits)
		samples(v, p.Planes[2][y*p.Strides[2]:], p.Bits)
		return
	}
	w := (p.Width + 1) / 2
	if l.mixed == nil {
		l.mixed = make([]uint16, w)
		for i := range 2 {
			l.near[i], l.far[i] = make([]uint16, w), make([]uint16, w)
		}
	}
	at, beside := y, y
	if p.Chroma == still.YUV420 {
		at = y / 2
		beside = max(0, min((p.Height+1)/2-1, at-1+2*(y&1)))
	}
	for i, out := range [][]uint16{u, v} {
		plane, stride := p.Planes[1+i], p.Strides[1+i]
		samples(l.near[i], plane[at*stride:], p.Bits)
		if !smooth {
			for x := range out {
				out[x] = l.near[i][x/2]
			}
			continue
		}
		samples(l.far[i], plane[beside*stride:], p.Bits)
		for x := range l.mixed {
			l.mixed[x] = 3*l.near[i][x] + l.far[i][x] // four times: of 14 bits or less
		}
		spread(out, l.mixed)
	}
}

// spread interpolates a row of four times the samples to twice its length.
func spread(out, row []uint16) {
	for x := range out {
		at := x / 2
		beside := max(0, min(len(row)-1, at-1+2*(x&1)))
		out[x] = uint16((3*uint32(row[at]) + uint32(row[beside]) + 8) >> 4)
	}
}
