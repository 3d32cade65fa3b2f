package chart

import (
	"fmt"
	"math"
	"slices"
)

// Bars compares values by name.
type Bars struct {
	Title, Subtitle string
	Unit            string // below the axis
	Bars            []Bar
	Log             bool // the scale
}

// Bar is a named value, with an interval where it has one.
type Bar struct {
	Name      string
	Value     float64
	Low, High float64 // both 0: no interval
	Text      string  // behind the bar; "": the value
	Strong    bool    // the bar that the chart is about
}

// Sizes of a chart of bars in units.
const (
	barsWidth = 960.0
	barStep   = 30.0
	barNames  = 300.0
	barTexts  = 190.0
)

// PNG draws the bars as a picture.
func (b Bars) PNG(path string) error {
	d, err := b.layout()
	if err != nil {
		return err
	}
	return d.png(path)
}

// SVG draws the same picture in a form that scales.
func (b Bars) SVG(path string) error {
	d, err := b.layout()
	if err != nil {
		return err
	}
	return d.svg(path)
}

// check refuses what cannot be drawn.
func (b Bars) check() error {
	if len(b.Bars) == 0 {
		return fmt.Errorf("the chart %q has no bars", b.Title)
	}
	for _, bar := range b.Bars {
		if !finite(bar.Value, bar.Low, bar.High) || bar.Value < 0 || bar.Low < 0 {
			return fmt.Errorf("the bar %q is %g (%g to %g), and a bar needs numbers from 0 on",
				bar.Name, bar.Value, bar.Low, bar.High)
		}
		if b.Log && bar.Value <= 0 {
			return fmt.Errorf("the bar %q is %g, and a logarithmic scale has only numbers above 0", bar.Name, bar.Value)
		}
	}
	return nil
}

// axis is the bars' common scale, from 0 or, on a logarithmic one, from below the least.
func (b Bars) axis(from, to float64) axis {
	a := axis{log: b.Log, lo: math.Inf(1), from: from, to: to}
	for _, bar := range b.Bars {
		a.lo, a.hi = min(a.lo, bar.Value), max(a.hi, bar.Value, bar.High)
	}
	if b.Log {
		a.lo = math.Pow(10, math.Floor(math.Log10(a.lo)-0.3))
	} else {
		a.lo = 0
	}
	if a.hi <= a.lo {
		a.hi = a.lo + 1 // all values are 0
	}
	return a
}

// layout measures the chart and returns its drawing.
func (b Bars) layout() (drawing, error) {
	if err := b.check(); err != nil {
		return drawing{}, err
	}
	f := fonts{}
	names := 0.0
	for _, bar := range b.Bars {
		names = max(names, f.width(bar.Name, 13.5, true))
	}
	top := 74.0
	if b.Subtitle != "" {
		top += 22
	}
	bottom := top + barStep*float64(len(b.Bars))
	a := b.axis(52+min(names, barNames), barsWidth-barTexts)
	return drawing{width: barsWidth, height: bottom + 66, draw: func(p pen) {
		p.write(label{36, 46, f.cut(b.Title, 22, true, barsWidth-72), 22, true, ink, start})
		p.write(label{36, 72, f.cut(b.Subtitle, 13, false, barsWidth-72), 13, false, grey, start})
		for _, t := range a.ticks(6) {
			p.line(1, faint, [2]float64{a.at(t.value), top - 4}, [2]float64{a.at(t.value), bottom + 4})
			p.write(label{a.at(t.value), bottom + 22, t.text, 12.5, false, grey, middle})
		}
		p.write(label{(a.from + a.to) / 2, bottom + 46, b.Unit, 13, false, grey, middle})
		for i, bar := range b.Bars {
			bar.draw(p, f, a, top+barStep*float64(i), b.text(bar))
		}
	}}, nil
}

// draw draws a bar below y, with a text behind it.
func (b Bar) draw(p pen, f fonts, a axis, y float64, text string) {
	fill := hues[1].tint
	if b.Strong {
		fill = hues[1].full
	}
	mid := y + barStep/2
	p.begin(group{class: "bar", title: b.Name})
	p.write(label{a.from - 12, mid + 4.5, f.cut(b.Name, 13.5, b.Strong, barNames), 13.5, b.Strong, ink, end})
	p.box(a.from, mid-9, max(2, a.at(max(b.Value, a.lo))-a.from), 18, 4, fill)
	right := a.at(max(b.Value, a.lo))
	if b.Low != 0 || b.High != 0 {
		low, high := a.at(max(b.Low, a.lo)), a.at(max(b.High, a.lo))
		p.line(1.4, ink, [2]float64{low, mid}, [2]float64{high, mid})
		for _, x := range []float64{low, high} {
			p.line(1.4, ink, [2]float64{x, mid - 4}, [2]float64{x, mid + 4})
		}
		right = max(right, high)
	}
	text = f.cut(text, 12.5, b.Strong, barsWidth-right-22)
	p.write(label{right + 10, mid + 4.5, text, 12.5, b.Strong, ink, start})
	p.end()
}

// text is the label behind a bar.
func (b Bars) text(bar Bar) string {
	switch {
	case bar.Text != "":
		return bar.Text
	case bar.Low != 0 || bar.High != 0:
		return fmt.Sprintf("%.3f  [%.3f, %.3f]", bar.Value, bar.Low, bar.High)
	case b.Log && !b.whole():
		return significant(bar.Value)
	}
	return decimal(bar.Value, b.digits())
}

// whole says whether all values are whole numbers, as counts are.
func (b Bars) whole() bool {
	return !slices.ContainsFunc(b.Bars, func(bar Bar) bool { return bar.Value != math.Trunc(bar.Value) || bar.High != 0 })
}

// digits is how many digits after the point all values of the chart have: none for counts, three beside intervals, else
// the number with which the greatest value has three significant digits.
func (b Bars) digits() int {
	if b.whole() {
		return 0
	}
	greatest := 0.0
	for _, bar := range b.Bars {
		if bar.Low != 0 || bar.High != 0 {
			return 3
		}
		greatest = max(greatest, bar.Value)
	}
	if greatest == 1 {
		return 3 // the greatest share
	}
	return digitsFor(greatest)
}
