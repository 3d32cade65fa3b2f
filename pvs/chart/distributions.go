package chart

import (
	"fmt"
	"math"
)

// Distributions is a chart of how values spread: a histogram for each set of values, one
// below the other over a common axis, with its mean marked.
type Distributions struct {
	Title, XLabel string
	Rows          []Distribution
	Bins          int // 0: 40
}

// Distribution is one set of values.
type Distribution struct {
	Name   string
	Group  string // rows of one group have one colour
	Values []float64
}

// Sizes of the chart in units.
const (
	spreadsWidth = 960.0
	spreadHeight = 92.0 // of a row
	spreadNames  = 250.0
)

// PNG draws the distributions as a picture.
func (d Distributions) PNG(path string) error {
	l, err := d.layout()
	if err != nil {
		return err
	}
	return l.png(path)
}

// SVG draws the same picture in a form that scales.
func (d Distributions) SVG(path string) error {
	l, err := d.layout()
	if err != nil {
		return err
	}
	return l.svg(path)
}

func (d Distributions) layout() (drawing, error) {
	if len(d.Rows) == 0 {
		return drawing{}, fmt.Errorf("the chart %q has no values", d.Title)
	}
	var all []float64
	for _, r := range d.Rows {
		if len(r.Values) == 0 {
			return drawing{}, fmt.Errorf("%q of the chart %q has no values", r.Name, d.Title)
		}
		if !finite(r.Values...) {
			return drawing{}, fmt.Errorf("a value of %q of the chart %q is not a number", r.Name, d.Title)
		}
		all = append(all, r.Values...)
	}
	x := newAxis(all, false, 0, left+spreadNames, spreadsWidth-60)
	bottom := 84 + spreadHeight*float64(len(d.Rows))
	return drawing{width: spreadsWidth, height: bottom + 62, draw: func(p pen) {
		p.write(label{left, 46, d.Title, 24, true, ink, start})
		for _, t := range x.ticks(8) {
			p.line(1, guide, [2]float64{x.at(t.value), 76}, [2]float64{x.at(t.value), bottom + 6})
			p.write(label{x.at(t.value), bottom + 24, t.text, 13, false, grey, middle})
		}
		p.write(label{(x.from + x.to) / 2, bottom + 48, d.XLabel, 14, false, grey, middle})
		groups := map[string]int{}
		f := fonts{}
		for i, r := range d.Rows {
			if _, ok := groups[r.Group]; !ok {
				groups[r.Group] = len(groups)
			}
			r.draw(p, f, x, 84+spreadHeight*float64(i+1), d.bins(), hues[lineHue(groups[r.Group])])
		}
	}}, nil
}

func (d Distributions) bins() int {
	if d.Bins > 0 {
		return d.Bins
	}
	return 40
}

// draw draws a row with its base line at floor.
func (r Distribution) draw(p pen, f fonts, x axis, floor float64, bins int, h hue) {
	p.line(1, faint, [2]float64{x.from, floor}, [2]float64{x.to, floor})
	counts, most, mean := make([]int, bins), 0, 0.0
	for _, v := range r.Values {
		b := min(bins-1, int(float64(bins)*(v-x.lo)/(x.hi-x.lo)))
		counts[b]++
		most = max(most, counts[b])
		mean += v / float64(len(r.Values))
	}
	width := (x.to - x.from) / float64(bins)
	for b, n := range counts {
		if n == 0 {
			continue
		}
		height := math.Max(1.5, (spreadHeight-22)*float64(n)/float64(most))
		p.box(x.from+width*float64(b)+0.5, floor-height, width-1, height, 1.5, h.tint)
	}
	p.line(2.4, h.full, [2]float64{x.at(mean), floor}, [2]float64{x.at(mean), floor - spreadHeight + 16})
	lines := f.wrap(r.Name, 14, true, spreadNames-24)
	y := floor - 26 - 17*float64(len(lines)-1)
	for i, l := range lines {
		p.write(label{left, y + 17*float64(i), l, 14, true, h.full, start})
	}
	text := fmt.Sprintf("mean %.3f of %s", mean, thousands(len(r.Values)))
	p.write(label{left, floor - 8, text, 13, false, grey, start})
}
