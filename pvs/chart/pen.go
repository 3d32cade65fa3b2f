package chart

import (
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// pen is what a chart is drawn with: a canvas makes pixels of the calls, an svg marks,
// so that both files show the same.
type pen interface {
	box(x, y, w, h, r float64, fill color.Color)
	line(width float64, ink color.Color, points ...[2]float64)
	write(l label)
	begin(g group) // what follows, up to end, belongs together
	end()
}

// align is the point of a text that is at its x (SVG: text-anchor).
type align string

const (
	start  align = "start"
	middle align = "middle"
	end    align = "end"
)

// label is a line of text on its baseline.
type label struct {
	x, y  float64
	s     string
	size  float64
	bold  bool
	ink   color.Color
	align align
}

// group names a part of a chart for the page's script and for readers of the screen.
type group struct {
	class, title string
	run, from    string
}

func (c *canvas) begin(group) {}
func (c *canvas) end()        {}

func (c *canvas) write(l label) {
	x := l.x
	switch w := c.faces.width(l.s, l.size, l.bold); l.align {
	case middle:
		x -= w / 2
	case end:
		x -= w
	}
	c.text(x, l.y, l.s, l.size, l.bold, l.ink, 0)
}

// dash draws a broken stroke.
func dash(p pen, width float64, ink color.Color, a, b [2]float64) {
	const on, off = 5.0, 5.0
	l := math.Hypot(b[0]-a[0], b[1]-a[1])
	at := func(d float64) [2]float64 {
		t := min(d, l) / l
		return [2]float64{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
	}
	for d := 0.0; d < l; d += on + off {
		p.line(width, ink, at(d), at(d+on))
	}
}

// disc fills a circle.
func disc(p pen, x, y, r float64, fill color.Color) { p.box(x-r, y-r, 2*r, 2*r, r, fill) }

// drawing is a chart that is laid out: its size and how to draw it.
type drawing struct {
	width, height float64
	top           float64 // where an svg begins: a page writes titles itself
	draw          func(p pen)
}

// png writes the drawing as a picture.
func (d drawing) png(path string) error {
	c := newCanvas(int(d.width), int(d.height), paper)
	d.draw(c)
	err := wholefile.Write(path, func(w io.Writer) error { return png.Encode(w, c.img) })
	if err != nil {
		return fmt.Errorf("writing the picture %s: %w", path, err)
	}
	return nil
}

// svg writes the drawing as a picture that scales.
func (d drawing) svg(path string) error {
	err := wholefile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, d.marks())
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the picture %s: %w", path, err)
	}
	return nil
}

// marks is the drawing as the text of an SVG file.
func (d drawing) marks() string {
	s := newSVG(d.width, d.top, d.height)
	d.draw(s)
	return s.close()
}
