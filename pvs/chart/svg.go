package chart

import (
	"fmt"
	"html"
	"image/color"
	"strconv"
	"strings"
)

// svg is a pen that writes marks. Colours are plain attributes, which every reader of
// SVG knows and a page's style sheet can still replace.
type svg struct{ out strings.Builder }

func newSVG(width, top, height float64) *svg {
	s := &svg{}
	fmt.Fprintf(&s.out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 %s %s %s"`+
		` font-family="Go, 'Helvetica Neue', Arial, sans-serif" stroke-linecap="square" stroke-linejoin="round">`+"\n",
		short(top), short(width), short(height-top))
	s.box(0, top, width, height-top, 0, paper)
	return s
}

// close returns the whole text.
func (s *svg) close() string { return s.out.String() + "</svg>\n" }

func (s *svg) box(x, y, w, h, r float64, fill color.Color) {
	fmt.Fprintf(&s.out, `<rect x="%s" y="%s" width="%s" height="%s" rx="%s" fill="%s"/>`+"\n",
		short(x), short(y), short(w), short(h), short(r), hex(fill))
}

func (s *svg) line(width float64, ink color.Color, points ...[2]float64) {
	fmt.Fprintf(&s.out, `<polyline fill="none" stroke="%s" stroke-width="%s" points="`, hex(ink), short(width))
	for i, p := range points {
		if i > 0 {
			s.out.WriteByte(' ')
		}
		s.out.WriteString(short(p[0]) + "," + short(p[1]))
	}
	s.out.WriteString("\"/>\n")
}

func (s *svg) write(l label) {
	weight := ""
	if l.bold {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(&s.out, `<text x="%s" y="%s" font-size="%s"%s text-anchor="%s" fill="%s">%s</text>`+"\n",
		short(l.x), short(l.y), short(l.size), weight, l.align, hex(l.ink), html.EscapeString(l.s))
}

func (s *svg) begin(g group) {
	fmt.Fprintf(&s.out, `<g class="%s"`, g.class)
	if g.run != "" {
		fmt.Fprintf(&s.out, ` data-run="%s"`, html.EscapeString(g.run))
	}
	if g.from != "" {
		fmt.Fprintf(&s.out, ` data-from="%s"`, html.EscapeString(g.from))
	}
	s.out.WriteString(">\n")
	if g.title != "" {
		fmt.Fprintf(&s.out, "<title>%s</title>\n", html.EscapeString(g.title))
	}
}

func (s *svg) end() { s.out.WriteString("</g>\n") }

// short prints a length to a hundredth.
func short(v float64) string {
	s := strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0")
	return strings.TrimSuffix(s, ".")
}

// hex prints a colour.
func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
