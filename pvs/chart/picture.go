package chart

import (
	"fmt"
	"image/color"
	"image/png"
	"io"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// The colours: right and wrong differ in hue, lightness and mark.
var (
	paper    = color.RGBA{250, 250, 251, 255}
	ink      = color.RGBA{28, 30, 36, 255}
	grey     = color.RGBA{112, 116, 126, 255}
	faint    = color.RGBA{224, 226, 231, 255}
	green    = color.RGBA{22, 138, 72, 255}
	blue     = color.RGBA{47, 91, 183, 255}
	baseline = color.RGBA{168, 174, 186, 255}
)

// Sizes in units.
const (
	side    = 92.0 // of a thumbnail
	gap     = 12.0
	left    = 36.0
	caption = 34.0 // below a thumbnail
	shown   = 10   // results of a row

	titleLine = 12.0 // of a query's title
)

// PNG draws the gallery: the systems as bars, then a row for each query. Photos that
// cannot be read are grey fields.
func (g Gallery) PNG(path string) error {
	const header = 92.0
	bars := 26.0 * float64(len(g.Systems))
	width := left*2 + side*1.15 + 28 + shown*(side+gap)
	rowHeight := side + caption + 26 + g.thirdLine()
	headings := g.headings()
	height := header + bars + 30 + float64(len(g.Rows))*rowHeight + 34*float64(len(headings)) + 44
	c := newCanvas(int(width), int(height), paper)
	c.text(left, 46, g.Title, 24, true, ink, width-2*left)
	c.text(left, 70, g.Subtitle, 13, false, grey, width-2*left)
	g.bars(c, header, width)
	y := header + bars + 26
	for i, r := range g.Rows {
		if name, ok := headings[i]; ok {
			c.text(left, y+16, name, 15, true, ink, 0)
			y += 34
		}
		g.row(c, r, y)
		y += rowHeight
	}
	c.text(left, y+18, g.Footer, 11, false, grey, width-2*left)
	err := wholefile.Write(path, func(w io.Writer) error { return png.Encode(w, c.img) })
	if err != nil {
		return fmt.Errorf("writing the picture %s: %w", path, err)
	}
	return nil
}

// titleLines breaks a query's title into lines below its photo.
func (f fonts) titleLines(r Row) []string {
	return f.wrapIn(3, r.Query.Title, 10.5, true, side*1.15+20)
}

// thirdLine is the height of a third line of titles, which rows have room for only where one needs it.
func (g Gallery) thirdLine() float64 {
	f := fonts{}
	for _, r := range g.Rows {
		if len(f.titleLines(r)) > 2 {
			return titleLine
		}
	}
	return 0
}

// headings are the texts above rows, by the row's index.
func (g Gallery) headings() map[int]string {
	if len(g.Rows) == 0 {
		return nil
	}
	out := map[int]string{}
	for i, r := range g.Rows {
		if r.Heading != "" {
			out[i] = r.Heading
		}
	}
	if len(out) > 0 {
		return out
	}
	hardest := (len(g.Rows) + 1) / 2
	out[0] = "Best queries"
	if hardest < len(g.Rows) {
		out[hardest] = "Hardest queries"
	}
	return out
}

// bars compares the systems.
func (g Gallery) bars(c *canvas, top, width float64) {
	const nameWidth, scoreWidth = 300.0, 130.0
	span := width - 2*left - nameWidth - scoreWidth
	for i, s := range g.Systems {
		y := top + 26*float64(i)
		fill := baseline
		if i == 0 {
			fill = blue
		}
		x := left + nameWidth
		c.text(left, y+14, s.Name, 13, i == 0, ink, nameWidth-12)
		c.box(x, y+3, span, 15, 4, faint)
		c.box(x, y+3, max(5, span*s.MAR), 15, 4, fill)
		mid := y + 10.5
		c.line(1.4, ink, [2]float64{x + span*s.Low, mid}, [2]float64{x + span*s.High, mid})
		for _, v := range []float64{s.Low, s.High} {
			c.line(1.4, ink, [2]float64{x + span*v, mid - 4}, [2]float64{x + span*v, mid + 4})
		}
		c.text(x+span+10, y+15, fmt.Sprintf("%.3f  [%.3f, %.3f]", s.MAR, s.Low, s.High), 12, i == 0, ink, scoreWidth)
	}
}

// row draws a query and its results.
func (g Gallery) row(c *canvas, r Row, y float64) {
	big := side * 1.15
	m := r.Query.thumbnail(int(big * scale))
	c.picture(left, y, big, 7, m)
	below := y + big + 14
	for _, line := range c.faces.titleLines(r) {
		c.text(left, below, line, 10.5, true, ink, big+20)
		below += titleLine
	}
	c.text(left, below+1, r.recallText(), 10.5, false, grey, big+20)
	x := left + big + 28
	for _, res := range r.Results[:min(shown, len(r.Results))] {
		m := res.Photo.thumbnail(int(side * scale))
		if res.Right {
			c.box(x-4, y-4, side+8, side+8, 9, green)
			c.picture(x, y, side, 6, m)
			c.tick(x+side-11, y+side-11)
		} else {
			c.box(x-1, y-1, side+2, side+2, 7, faint)
			c.picture(x, y, side, 6, m)
		}
		c.text(x, y+side+17, fmt.Sprintf("%.3f", res.Score), 10.5, res.Right, ink, side)
		c.text(x, y+side+30, res.Category, 10, false, grey, side)
		x += side + gap
	}
}

// tick marks a right result without relying on colour.
func (c *canvas) tick(x, y float64) {
	c.box(x-10, y-10, 20, 20, 10, green)
	c.line(2.4, color.White, [2]float64{x - 4.6, y + 0.2}, [2]float64{x - 1.4, y + 3.8}, [2]float64{x + 4.8, y - 3.6})
}
