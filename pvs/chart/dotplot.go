package chart

import "fmt"

// DotPlot compares values by name on one axis, a row each: a mark with its interval, and fainter marks where the value
// would be elsewhere.
type DotPlot struct {
	Title, Subtitle string
	Unit            string // below the axis
	Elsewhere       string // what the fainter marks are
	Rows            []DotRow
}

// DotRow is a row of a [DotPlot].
type DotRow struct {
	Name      string
	Value     float64
	Low, High float64   // interval; both 0: none
	Elsewhere []float64 // fainter marks
	Strong    bool      // the row that the chart is about
}

// Sizes of the chart in units.
const (
	dotsWidth = 960.0
	dotsStep  = 26.0
	dotsNames = 260.0
	dotsTexts = 180.0
)

// PNG draws the dots as a picture.
func (d DotPlot) PNG(path string) error {
	l, err := d.layout()
	if err != nil {
		return err
	}
	return l.png(path)
}

// SVG draws the same picture in a form that scales.
func (d DotPlot) SVG(path string) error {
	l, err := d.layout()
	if err != nil {
		return err
	}
	return l.svg(path)
}

// layout measures the chart and returns its drawing.
func (d DotPlot) layout() (drawing, error) {
	if len(d.Rows) == 0 {
		return drawing{}, fmt.Errorf("the chart %q has no rows", d.Title)
	}
	f := fonts{}
	names, elsewhere := 0.0, false
	values := []float64{0}
	for _, r := range d.Rows {
		all := append([]float64{r.Value, r.Low, r.High}, r.Elsewhere...)
		if !finite(all...) {
			return drawing{}, fmt.Errorf("the row %q of the chart %q is not at a number", r.Name, d.Title)
		}
		values = append(values, all...)
		names = max(names, f.width(r.Name, 13, true))
		elsewhere = elsewhere || len(r.Elsewhere) > 0
	}
	const top = 118.0
	bottom := top + dotsStep*float64(len(d.Rows))
	x := newAxis(values, false, 0.03, 52+min(names, dotsNames), dotsWidth-dotsTexts)
	return drawing{width: dotsWidth, height: bottom + 66, draw: func(p pen) {
		p.write(label{36, 46, f.cut(d.Title, 22, true, dotsWidth-72), 22, true, ink, start})
		p.write(label{36, 72, f.cut(d.Subtitle, 13, false, dotsWidth-72), 13, false, grey, start})
		mark(p, [2]float64{42, 92}, 0, hues[1].full)
		key := "the value, with its 95% interval"
		p.write(label{54, 96.5, key, 12.5, false, grey, start})
		if elsewhere {
			at := 54 + f.width(key, 12.5, false) + 28
			mark(p, [2]float64{at, 92}, 0, hues[2].tint)
			p.write(label{at + 12, 96.5, d.Elsewhere, 12.5, false, grey, start})
		}
		for _, t := range x.ticks(8) {
			p.line(1, faint, [2]float64{x.at(t.value), top - 4}, [2]float64{x.at(t.value), bottom + 4})
			p.write(label{x.at(t.value), bottom + 22, t.text, 12.5, false, grey, middle})
		}
		p.write(label{(x.from + x.to) / 2, bottom + 46, d.Unit, 13, false, grey, middle})
		for i, r := range d.Rows {
			r.draw(p, f, x, top+dotsStep*(float64(i)+0.5))
		}
	}}, nil
}

// draw draws a row at the height y.
func (r DotRow) draw(p pen, f fonts, x axis, y float64) {
	p.begin(group{class: "row", title: r.Name})
	p.write(label{x.from - 12, y + 4.5, f.cut(r.Name, 13, r.Strong, dotsNames), 13, r.Strong, ink, end})
	text := fmt.Sprintf("%.3f", r.Value)
	for _, v := range r.Elsewhere {
		mark(p, [2]float64{x.at(v), y}, 0, hues[2].tint)
	}
	if r.Low != 0 || r.High != 0 {
		p.line(1.6, hues[1].full, [2]float64{x.at(r.Low), y}, [2]float64{x.at(r.High), y})
		text += fmt.Sprintf("  [%.3f, %.3f]", r.Low, r.High)
	}
	mark(p, [2]float64{x.at(r.Value), y}, 0, hues[1].full)
	p.write(label{x.to + 20, y + 4.5, text, 12.5, r.Strong, ink, start})
	p.end()
}
