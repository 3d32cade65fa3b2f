package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
)

// layout measures the chart of some series, one panel each, and returns its drawing.
func (j Journey) layout(shown []series) (drawing, error) {
	if err := j.check(); err != nil {
		return drawing{}, err
	}
	f := fonts{}
	columns := j.columns(f)
	width := max(960, columns[len(columns)-1].x+columnWidth/2+journeyRight)
	levels, trains, changes := 0, 1, 1
	lineage := buses(columns)
	for _, b := range lineage {
		levels = max(levels, b.level)
	}
	for _, c := range columns {
		trains, changes = max(trains, len(c.trains)), max(changes, len(c.changes))
	}
	panels := panelsTop + panelsHeight
	if len(shown) == 0 {
		panels = panelsTop
	}
	names := panels + 26 + 14*float64(levels)
	sentence := names + pillHeight + 24 + 16*float64(trains+changes) + 14
	words := f.wrap(j.Correlation, 15, false, width-journeyLeft-journeyRight)
	height := sentence + 22*float64(len(words)) + 14
	return drawing{width: width, height: height, draw: func(p pen) {
		p.write(label{journeyLeft, 48, j.Title, 27, true, ink, start})
		p.write(label{journeyLeft, 74, j.Subtitle, 15, false, grey, start})
		j.legend(p, f, columns, shown)
		cards(p, columns, panelsTop, sentence-8)
		each := panelsHeight / float64(max(1, len(shown)))
		for i, s := range shown {
			top := panelsTop + float64(i)*each
			p.begin(group{class: "panel " + s.class})
			s.draw(p, f, columns, top, top+each, width)
			p.end()
		}
		drawLineage(p, columns, lineage, names)
		settings := names + pillHeight + 20 + 16*float64(trains)
		margin(p, names, settings)
		for _, c := range columns {
			c.draw(p, names, settings)
		}
		for i, line := range words {
			p.write(label{journeyLeft, sentence + 22*float64(i+1) - 4, line, 15, false, ink, start})
		}
	}}, nil
}

// cards are the grounds of the branches.
func cards(p pen, columns []column, top, bottom float64) {
	for i := 0; i < len(columns); {
		k := i
		for k+1 < len(columns) && columns[k+1].branch == columns[i].branch {
			k++
		}
		x := columns[i].x - columnWidth/2 - 3
		p.box(x, top, columns[k].x+columnWidth/2+3-x, bottom-top, 10, card)
		i = k + 1
	}
	for _, c := range columns {
		p.line(1, guide, [2]float64{c.x, top + panelHeading}, [2]float64{c.x, bottom - 10})
	}
}

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
		entry("over a run without a score", func(x float64) { dash(p, 1.6, hues[0].full, [2]float64{x, y}, [2]float64{x + 30, y}) })
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

// whisker draws an interval with ends as wide as half on each side.
func whisker(p pen, x, y0, y1, half float64, ink color.Color) {
	p.line(1.6, ink, [2]float64{x, y0}, [2]float64{x, y1})
	for _, y := range []float64{y0, y1} {
		p.line(1.6, ink, [2]float64{x - half, y}, [2]float64{x + half, y})
	}
}

// ring is the space around the final run's mark up to the outside of its ring.
const ring = 4.0

// radius is half of the mark of a run's score.
func (c column) radius() float64 {
	if c.path {
		return 7
	}
	return 5.5
}

// reach is half of the mark with its ring.
func (c column) reach() float64 {
	if c.Final {
		return c.radius() + ring
	}
	return c.radius()
}

// mark draws a run's score: its branch is told by form and colour, the final run by a ring.
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

// drawLineage draws which run starts from which, between the panels and the names.
func drawLineage(p pen, columns []column, lineage []bus, names float64) {
	stroke := func(parent, child column, points ...[2]float64) {
		width, ink := 1.4, child.hue.tint
		if child.path {
			width, ink = 2.6, child.hue.full
		}
		p.begin(group{class: "edge", run: child.Name, from: parent.Name})
		p.line(width, ink, points...)
		p.end()
	}
	for _, b := range slices.Backward(lineage) {
		parent := columns[b.from]
		// The final run's line lies over its siblings'.
		slices.SortStableFunc(b.to, func(i, k int) int {
			if columns[i].path == columns[k].path {
				return k - i
			}
			if columns[i].path {
				return 1
			}
			return -1
		})
		for _, i := range b.to {
			child := columns[i]
			if b.level == 0 {
				y := names + pillHeight/2
				stroke(parent, child, [2]float64{parent.x + 22, y}, [2]float64{child.x - 22, y})
				continue
			}
			y := names - 14*float64(b.level)
			stroke(parent, child, [2]float64{parent.x, names}, [2]float64{parent.x, y}, [2]float64{child.x, y}, [2]float64{child.x, names})
		}
	}
}

// margin says what the lines below the panels are.
func margin(p pen, names, settings float64) {
	row := func(s string, y float64) { p.write(label{journeyLeft - 12, y, s, 12, false, grey, end}) }
	row("run", names+17.5)
	row("trains", names+pillHeight+20)
	row("changes", settings+2)
}

// draw writes a run's name, what it trains and what it changes.
func (c column) draw(p pen, y, settings float64) {
	p.begin(group{class: "run", run: c.Name, title: c.title()})
	const half = 22.0
	if c.Final {
		p.box(c.x-half-4, y-4, 2*half+8, pillHeight+8, 17, c.hue.full)
		p.box(c.x-half-1.5, y-1.5, 2*half+3, pillHeight+3, 14.5, card)
	}
	fill, text := c.hue.tint, ink
	if c.path {
		fill, text = c.hue.full, card
	}
	p.box(c.x-half, y, 2*half, pillHeight, pillHeight/2, fill)
	p.write(label{c.x, y + 18, c.Name, 14, true, text, middle})
	y += pillHeight + 20
	for _, s := range c.trains {
		p.write(label{c.x, y, s, 12.5, true, ink, middle})
		y += 16
	}
	y = settings + 2
	for _, s := range c.changes {
		p.write(label{c.x, y, s, 12, false, grey, middle})
		y += 16
	}
	p.end()
}

// title is a run in words, for readers of the screen.
func (c column) title() string {
	s := "Run " + c.Name
	if c.Final {
		s += ", the final one"
	}
	if c.From != "" {
		s += ", from " + c.From
	}
	return s + fmt.Sprintf(", trains %s; published %s; measured %s; %s", c.Trains, c.published(), c.measured(), c.Note)
}

// crossing is the height of a line at x, where it reaches so far.
func crossing(a, b [2]float64, x float64) (y float64, ok bool) {
	if x <= a[0] || x >= b[0] {
		return 0, false
	}
	return a[1] + (x-a[0])/(b[0]-a[0])*(b[1]-a[1]), true
}

// near tells whether any of some heights lies within a span.
func near(heights []float64, from, to float64) bool {
	return slices.ContainsFunc(heights, func(y float64) bool { return y > math.Min(from, to) && y < math.Max(from, to) })
}
