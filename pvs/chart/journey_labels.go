package chart

import (
	"fmt"
)

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
