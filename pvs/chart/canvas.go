package chart

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// scale draws everything at twice its size, for sharp text on dense screens.
const scale = 2

// canvas draws text and boxes in units of which scale make a pixel.
type canvas struct {
	img   *image.RGBA
	faces fonts
}

func newCanvas(width, height int, ground color.Color) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, scale*width, scale*height)), faces: fonts{}}
	draw.Draw(c.img, c.img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	return c
}

// text writes a line whose baseline starts at (x, y), cut with an ellipsis at width
// (0: no limit), and returns its width.
func (c *canvas) text(x, y float64, s string, size float64, bold bool, ink color.Color, width float64) float64 {
	face, err := c.faces.face(size, bold)
	if err != nil {
		return 0 // the embedded fonts always parse
	}
	if width > 0 {
		s = fit(face, s, fixed.Int26_6(width*scale*64))
	}
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(ink), Face: face,
		Dot: fixed.Point26_6{X: fixed.Int26_6(x * scale * 64), Y: fixed.Int26_6(y * scale * 64)}}
	w := d.MeasureString(s)
	d.DrawString(s)
	return float64(w) / 64 / scale
}

// rounded returns a mask of a box with round corners.
func rounded(x, y, w, h, r float64, bounds image.Rectangle) *vector.Rasterizer {
	z := vector.NewRasterizer(bounds.Dx(), bounds.Dy())
	const k = 0.5523 // a quarter circle as a cubic curve
	p := func(v float64) float32 { return float32(v * scale) }
	z.MoveTo(p(x+r), p(y))
	z.LineTo(p(x+w-r), p(y))
	z.CubeTo(p(x+w-r+k*r), p(y), p(x+w), p(y+r-k*r), p(x+w), p(y+r))
	z.LineTo(p(x+w), p(y+h-r))
	z.CubeTo(p(x+w), p(y+h-r+k*r), p(x+w-r+k*r), p(y+h), p(x+w-r), p(y+h))
	z.LineTo(p(x+r), p(y+h))
	z.CubeTo(p(x+r-k*r), p(y+h), p(x), p(y+h-r+k*r), p(x), p(y+h-r))
	z.LineTo(p(x), p(y+r))
	z.CubeTo(p(x), p(y+r-k*r), p(x+r-k*r), p(y), p(x+r), p(y))
	z.ClosePath()
	return z
}

// box fills a box with round corners.
func (c *canvas) box(x, y, w, h, r float64, fill color.Color) {
	// The mask is as small as the box: one of the canvas's size would take longer than all else.
	x0, y0 := math.Floor(x*scale), math.Floor(y*scale)
	local := image.Rect(0, 0, int(math.Ceil((x+w)*scale-x0)), int(math.Ceil((y+h)*scale-y0)))
	mask := rounded(x-x0/scale, y-y0/scale, w, h, r, local)
	mask.Draw(c.img, local.Add(image.Pt(int(x0), int(y0))), image.NewUniform(fill), image.Point{})
}

// picture draws an image into a box with round corners.
func (c *canvas) picture(x, y, side, r float64, m image.Image) {
	at := image.Pt(int(x*scale), int(y*scale))
	local := image.Rect(0, 0, int(side*scale), int(side*scale))
	mask := image.NewAlpha(local)
	rounded(0, 0, side, side, r, local).Draw(mask, local, image.Opaque, image.Point{})
	draw.DrawMask(c.img, local.Add(at), m, m.Bounds().Min, mask, image.Point{}, draw.Over)
}

// line draws a stroke through points.
func (c *canvas) line(width float64, ink color.Color, points ...[2]float64) {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		x0, y0 := math.Floor(scale*(min(a[0], b[0])-width)), math.Floor(scale*(min(a[1], b[1])-width))
		local := image.Rect(0, 0, int(scale*(max(a[0], b[0])+width)-x0)+1, int(scale*(max(a[1], b[1])+width)-y0)+1)
		dx, dy := b[0]-a[0], b[1]-a[1]
		l := max(1e-9, math.Hypot(dx, dy))
		nx, ny := -dy/l*width/2, dx/l*width/2
		ex, ey := dx/l*width/2, dy/l*width/2
		p := func(x, y float64) (float32, float32) { return float32(x*scale - x0), float32(y*scale - y0) }
		z := vector.NewRasterizer(local.Dx(), local.Dy())
		z.MoveTo(p(a[0]+nx-ex, a[1]+ny-ey))
		z.LineTo(p(b[0]+nx+ex, b[1]+ny+ey))
		z.LineTo(p(b[0]-nx+ex, b[1]-ny+ey))
		z.LineTo(p(a[0]-nx-ex, a[1]-ny-ey))
		z.ClosePath()
		z.Draw(c.img, local.Add(image.Pt(int(x0), int(y0))), image.NewUniform(ink), image.Point{})
	}
}
