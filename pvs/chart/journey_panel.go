package chart

import (
	"fmt"
	"slices"
)

// draw draws a series into a panel of the chart.
func (s series) draw(p pen, f fonts, columns []column, top, bottom, width float64) {
	x := columns[0].x - columnWidth/2 + 9
	p.write(label{x, top + 24, s.heading, 15, true, ink, start})
	p.write(label{x + 9 + f.width(s.heading, 15, true), top + 24, s.note, 13.5, false, grey, start})
	floor := bottom - 16
	if slices.ContainsFunc(columns, func(c column) bool { return s.score(c.JourneyRun) == nil }) {
		floor -= 30 // for the words in place of the missing scores
	}
	y := s.axis(columns, floor, top+panelHeading+20)
	for _, t := range y.ticks(5) {
		p.line(1, faint, [2]float64{journeyLeft, y.at(t.value)}, [2]float64{width - journeyRight, y.at(t.value)})
		p.write(label{journeyLeft - 12, y.at(t.value) + 4.5, t.text, 13, false, grey, end})
	}
	edges := s.edges(columns, y)
	for _, final := range []bool{false, true} { // the line to the final run lies on top
		for _, e := range edges {
			if e.child.path == final {
				e.draw(p)
			}
		}
	}
	for _, c := range columns {
		p.begin(group{class: "run", run: c.Name, title: c.title()})
		s.run(p, f, c, y, edges)
		p.end()
	}
}

// axis spans all scores of the series.
func (s series) axis(columns []column, from, to float64) axis {
	var values []float64
	for _, c := range columns {
		if score := s.score(c.JourneyRun); score != nil {
			values = append(values, score.Value, score.Low, score.High)
			if s.epochs {
				for _, e := range c.Epochs {
					values = append(values, e.Value)
				}
			}
		}
	}
	return newAxis(values, false, 0.06, from, to)
}

// edge leads from a score to that of a run which starts there.
type edge struct {
	parent, child column
	direct        bool // or over runs without a score
	points        [][2]float64
}

func (s series) edges(columns []column, y axis) []edge {
	var out []edge
	for _, c := range columns {
		score := s.score(c.JourneyRun)
		from, direct := s.scored(columns, c)
		if score == nil || from < 0 {
			continue
		}
		parent := columns[from]
		e := edge{parent, c, direct, [][2]float64{{parent.x, y.at(s.score(parent.JourneyRun).Value)}}}
		if s.epochs {
			e.points = append(e.points, c.epochs(y)...)
		}
		e.points = append(e.points, [2]float64{c.x, y.at(score.Value)})
		out = append(out, e)
	}
	return out
}

// epochs are the positions of the scores after each epoch of a run but the last.
func (c column) epochs(y axis) [][2]float64 {
	var out [][2]float64
	n := len(c.Epochs)
	for i := range n - 1 {
		step := min(18, 34/float64(n-1))
		out = append(out, [2]float64{c.x - step*float64(n-1-i), y.at(c.Epochs[i].Value)})
	}
	return out
}

func (e edge) draw(p pen) {
	width, ink := 1.5, e.child.hue.tint
	if e.child.path {
		width, ink = 2.8, e.child.hue.full
	}
	p.begin(group{class: "edge", run: e.child.Name, from: e.parent.Name})
	if e.direct {
		p.line(width, ink, e.points...)
	} else {
		dash(p, width, ink, e.points[0], e.points[1])
		p.line(width, ink, e.points[1:]...)
	}
	p.end()
}

// run draws a run's score, or says that there is none.
func (s series) run(p pen, f fonts, c column, y axis, edges []edge) {
	score := s.score(c.JourneyRun)
	if score == nil {
		for i, line := range s.missing {
			at := y.from + 14 + 15*float64(i)
			w := f.width(line, 12, false)
			p.box(c.x-w/2-2, at-11, w+4, 15, 2, card)
			p.write(label{c.x, at, line, 12, false, grey, middle})
		}
		return
	}
	at := y.at(score.Value)
	above, below := at, at
	if score.High > score.Low {
		above, below = y.at(score.High), y.at(score.Low)
		whisker(p, c.x, below, above, c.reach()+1.5, c.hue.full) // to be seen behind the mark
	}
	if s.epochs {
		for _, point := range c.epochs(y) {
			disc(p, point[0], point[1], 3.2, c.hue.full)
		}
	}
	c.mark(p, c.x, at)
	s.value(p, f, c, score.Value, min(above, at-c.reach()), max(below, at+c.reach()), edges)
}

// value writes a score above its mark, or below where only there no line passes.
func (s series) value(p pen, f fonts, c column, v, above, below float64, edges []edge) {
	var lines []float64
	for _, e := range edges {
		if y, ok := crossing(e.points[0], e.points[1], c.x); ok {
			lines = append(lines, y)
		}
	}
	at := above - 6
	if near(lines, above-20, above) && !near(lines, below, below+20) {
		at = below + 15
	}
	text := fmt.Sprintf("%.3f", v)
	size := 13.0
	if c.Final {
		size = 15
	}
	w := f.width(text, size, c.path)
	p.box(c.x-w/2-2, at-size+1, w+4, size+2, 3, card)
	p.write(label{c.x, at, text, size, c.path, ink, middle})
}

// crossing is the height of a line at x, where it reaches so far.
func crossing(a, b [2]float64, x float64) (y float64, ok bool) {
	if x <= a[0] || x >= b[0] {
		return 0, false
	}
	return a[1] + (x-a[0])/(b[0]-a[0])*(b[1]-a[1]), true
}

// near says whether one of the heights lies between from and to.
func near(heights []float64, from, to float64) bool {
	return slices.ContainsFunc(heights, func(y float64) bool { return y > min(from, to) && y < max(from, to) })
}
