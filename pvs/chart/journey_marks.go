package chart

import (
	"image/color"
	"slices"
)

// legend explains the marks in a line.
func (j Journey) legend(p pen, f fonts, columns []column, shown []series) {
	x := journeyLeft
	const y = 104.0
	entry := func(text string, mark func(x float64)) {
		mark(x)
		p.write(label{x + 42, y + 4.5, text, 13, false, grey, start})
		x += 42 + f.width(text, 13, false) + 30
	}
	if i := slices.IndexFunc(columns, func(c column) bool { return c.Final }); i >= 0 {
		c := columns[i]
		entry("the final run and what it builds on", func(x float64) {
			p.line(2.6, c.hue.full, [2]float64{x, y}, [2]float64{x + 30, y})
			c.mark(p, x+15, y)
		})
	}
	other := slices.IndexFunc(columns, func(c column) bool { return !c.path && c.parent >= 0 })
	if other >= 0 {
		entry("other runs", func(x float64) {
			p.line(1.4, columns[other].hue.tint, [2]float64{x, y}, [2]float64{x + 30, y})
			columns[other].mark(p, x+15, y)
		})
	}
	broken := false
	for _, s := range shown {
		for _, c := range columns {
			from, direct := s.scored(columns, c)
			broken = broken || from >= 0 && !direct && s.score(c.JourneyRun) != nil
		}
	}
	if broken {
		entry("over a run without a score", func(x float64) {
			dash(p, 1.6, hues[0].full, [2]float64{x, y}, [2]float64{x + 30, y})
		})
	}
	if !slices.ContainsFunc(shown, func(s series) bool { return s.epochs }) {
		return
	}
	entry("95% interval", func(x float64) { whisker(p, x+15, y-8, y+8, 6, hues[0].full) })
	if slices.ContainsFunc(columns, func(c column) bool { return len(c.Epochs) > 1 }) {
		entry("after each epoch", func(x float64) {
			for i := range 3 {
				disc(p, x+6+9*float64(i), y+3-3*float64(i), 2.6, hues[0].full)
			}
		})
	}
}

// whisker draws an interval; its ends reach from x - arm to x + arm.
func whisker(p pen, x, y0, y1, arm float64, ink color.Color) {
	p.line(1.6, ink, [2]float64{x, y0}, [2]float64{x, y1})
	for _, y := range []float64{y0, y1} {
		p.line(1.6, ink, [2]float64{x - arm, y}, [2]float64{x + arm, y})
	}
}

// ring is the space around the final run's mark up to the outside of its ring.
const ring = 4.0

// radius is that of the mark of a run's score, which is a disc or a square.
func (c column) radius() float64 {
	if c.path {
		return 7
	}
	return 5.5
}

// reach is the radius of the mark with its ring.
func (c column) reach() float64 {
	if c.Final {
		return c.radius() + ring
	}
	return c.radius()
}

// mark draws a run's score: its form and colour say of which branch it is, a ring that it is the final run.
func (c column) mark(p pen, x, y float64) {
	r := c.radius()
	blob := func(r float64, fill color.Color) {
		round := r
		if c.square {
			round = r - 4
		}
		p.box(x-r, y-r, 2*r, 2*r, round, fill)
	}
	if c.Final {
		blob(r+ring, c.hue.full)
		blob(r+ring-2, card)
	} else {
		blob(r+1.5, card)
	}
	blob(r, c.hue.full)
}
