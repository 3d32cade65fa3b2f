package chart

import "image/color"

// recorder is a pen that remembers what was drawn.
type recorder struct {
	lines  []stroke
	labels []label
	groups []group
}

type stroke struct {
	width  float64
	ink    color.Color
	points [][2]float64
}

func (r *recorder) box(x, y, w, h, round float64, fill color.Color) {}
func (r *recorder) line(width float64, ink color.Color, points ...[2]float64) {
	r.lines = append(r.lines, stroke{width, ink, points})
}
func (r *recorder) write(l label) { r.labels = append(r.labels, l) }
func (r *recorder) begin(g group) { r.groups = append(r.groups, g) }
func (r *recorder) end()          {}

// overlaps are pairs of texts that stand on each other, and texts outside of the picture.
func (r *recorder) overlaps(d drawing) []string {
	f := fonts{}
	type rect struct{ x0, y0, x1, y1 float64 }
	var rects []rect
	var out []string
	for i, l := range r.labels {
		w := f.width(l.s, l.size, l.bold)
		b := rect{l.x, l.y - 0.72*l.size, l.x + w, l.y + 0.18*l.size}
		switch l.align {
		case middle:
			b.x0, b.x1 = l.x-w/2, l.x+w/2
		case end:
			b.x0, b.x1 = l.x-w, l.x
		}
		if b.x0 < 0 || b.y0 < 0 || b.x1 > d.width || b.y1 > d.height {
			out = append(out, l.s+" (outside)")
		}
		for k, o := range rects {
			if l.s != "" && r.labels[k].s != "" && b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 {
				out = append(out, r.labels[k].s+" and "+r.labels[i].s)
			}
		}
		rects = append(rects, b)
	}
	return out
}
