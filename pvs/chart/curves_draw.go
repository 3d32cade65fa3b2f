package chart

import (
	"cmp"
	"image/color"
	"math"
	"slices"
)

// Sizes of a chart of curves in units.
const (
	curvesWidth  = 960.0
	curvesHeight = 560.0
	nameWidth    = 220.0
	maxMarks     = 40 // a line of more points is drawn without marks
)

// layout measures the chart and returns its drawing. Lines are named at their ends.
func (c Curves) layout() (drawing, error) {
	if err := c.check(); err != nil {
		return drawing{}, err
	}
	f := fonts{}
	names := 0.0
	var xs, ys []float64
	for _, l := range c.Lines {
		name, value := f.width(l.Name, 14, true), f.width(significant(l.end()), 13, false)
		if c.tight() {
			name += 10 + value
		}
		names = max(names, name, value)
		for _, p := range l.Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
	}
	x := newAxis(xs, false, 0.02, 96, curvesWidth-48-min(names, nameWidth))
	y := newAxis(ys, c.Log, 0.05, curvesHeight-74, 112)
	return drawing{width: curvesWidth, height: curvesHeight, draw: func(p pen) {
		c.frame(p, x, y, !slices.ContainsFunc(xs, func(x float64) bool { return x != math.Trunc(x) }))
		for i, l := range c.Lines {
			l.draw(p, x, y, hues[lineHue(i)], i)
		}
		c.names(p, f, x, y)
	}}, nil
}

// frame draws the title, axes and grid; whole says that all X are whole numbers.
func (c Curves) frame(p pen, x, y axis, whole bool) {
	p.write(label{36, 46, c.Title, 24, true, ink, start})
	p.write(label{36, 82, c.YLabel, 14, false, grey, start})
	p.box(x.from-14, y.to-8, x.to-x.from+28, y.from-y.to+16, 10, card)
	for _, t := range y.ticks(6) {
		p.line(1, faint, [2]float64{x.from - 14, y.at(t.value)}, [2]float64{x.to + 14, y.at(t.value)})
		p.write(label{x.from - 24, y.at(t.value) + 4.5, t.text, 13, false, grey, end})
	}
	for _, t := range x.ticks(10) {
		if whole && t.value != math.Trunc(t.value) {
			continue // no tick between two epochs or steps
		}
		if whole {
			t.text = thousands(int(t.value))
		}
		p.line(1, guide, [2]float64{x.at(t.value), y.from + 8}, [2]float64{x.at(t.value), y.to - 8})
		p.write(label{x.at(t.value), y.from + 28, t.text, 13, false, grey, middle})
	}
	p.write(label{(x.from + x.to) / 2, y.from + 54, c.XLabel, 14, false, grey, middle})
}

// lineHue is the index of a line's hue; the first hue is for what belongs to no line.
func lineHue(i int) int { return 1 + i%(len(hues)-1) }

// draw draws a line; its marks are round, square or hollow, which does not rely on colour.
func (l Curve) draw(p pen, x, y axis, h hue, i int) {
	project := func(points []Point) (list [][2]float64) {
		for _, v := range points {
			list = append(list, [2]float64{x.at(v.X), y.at(v.Y)})
		}
		return list
	}
	points := project(l.smooth())
	p.begin(group{class: "curve", title: l.Name})
	if l.Mean > 1 {
		p.line(1.2, h.tint, project(l.Points)...)
		p.line(3.2, h.full, points...)
	} else {
		p.line(2.4, h.full, points...)
	}
	if len(points) <= maxMarks {
		for _, at := range points {
			mark(p, at, i, h.full)
		}
	}
	p.end()
}

func mark(p pen, at [2]float64, i int, ink color.Color) {
	const r = 4.5
	round := r
	if i%2 == 1 {
		round = 1
	}
	p.box(at[0]-r-1.5, at[1]-r-1.5, 2*r+3, 2*r+3, round+1.5, card)
	p.box(at[0]-r, at[1]-r, 2*r, 2*r, round, ink)
	if i%4 > 1 {
		p.box(at[0]-r+2, at[1]-r+2, 2*r-4, 2*r-4, max(0, round-2), card)
	}
}

// names writes each line's name and last value at its end, shifted vertically where they would overlap; side by side
// where there are so many lines that they fit in no other way.
func (c Curves) names(p pen, f fonts, x, y axis) {
	height, tight := 38.0, c.tight()
	if tight {
		height = 21
	}
	order := make([]int, len(c.Lines))
	heights := make([]float64, len(c.Lines))
	for i, l := range c.Lines {
		order[i], heights[i] = i, y.at(l.end())
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(heights[a], heights[b]) })
	for k := 1; k < len(order); k++ {
		heights[order[k]] = max(heights[order[k]], heights[order[k-1]]+height)
	}
	// Names that were shifted below the axis are shifted up again.
	limit := y.from + 4
	for _, i := range slices.Backward(order) {
		heights[i] = min(heights[i], limit)
		limit = heights[i] - height
	}
	for i, l := range c.Lines {
		name := f.cut(l.Name, 14, true, nameWidth)
		p.write(label{x.to + 24, heights[i], name, 14, true, hues[lineHue(i)].full, start})
		right, below := 0.0, 17.0
		if tight {
			right, below = 10+f.width(name, 14, true), 0
		}
		p.write(label{x.to + 24 + right, heights[i] + below, significant(l.end()), 13, false, grey, start})
	}
}

// tight says whether names and values do not fit below each other.
func (c Curves) tight() bool { return len(c.Lines) > 10 }

// end is the value at the line's end.
func (l Curve) end() float64 {
	points := l.smooth()
	return points[len(points)-1].Y
}
