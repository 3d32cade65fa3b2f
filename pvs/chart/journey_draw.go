package chart

import (
	"fmt"
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
