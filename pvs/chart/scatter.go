package chart

import "fmt"

// Scatter is a chart of named things by two of their values, such as runs by their
// published and their measured scores.
type Scatter struct {
	Title, Subtitle string
	XLabel, YLabel  string
	Dots            []Dot
}

// Dot is one thing.
type Dot struct {
	Name      string
	Group     string // dots of one group have one colour and mark, and are listed below it
	X, Y      float64
	Low, High float64 // interval of Y; both 0: none
}

// Sizes of the chart in units.
const (
	scatterWidth  = 960.0
	scatterHeight = 600.0
)

// PNG draws the dots as a picture.
func (s Scatter) PNG(path string) error {
	d, err := s.layout()
	if err != nil {
		return err
	}
	return d.png(path)
}

// SVG draws the same picture in a form that scales.
func (s Scatter) SVG(path string) error {
	d, err := s.layout()
	if err != nil {
		return err
	}
	return d.svg(path)
}

func (s Scatter) layout() (drawing, error) {
	if len(s.Dots) == 0 {
		return drawing{}, fmt.Errorf("the chart %q has no dots", s.Title)
	}
	var xs, ys []float64
	for _, d := range s.Dots {
		if !finite(d.X, d.Y, d.Low, d.High) {
			return drawing{}, fmt.Errorf("the dot %q of the chart %q is not at a number", d.Name, s.Title)
		}
		xs, ys = append(xs, d.X), append(ys, d.Y)
		if d.interval() {
			ys = append(ys, d.Low, d.High)
		}
	}
	x := newAxis(xs, false, 0.06, 110, scatterWidth-60)
	y := newAxis(ys, false, 0.06, scatterHeight-112, 112)
	return drawing{width: scatterWidth, height: scatterHeight, draw: func(p pen) {
		p.write(label{left, 46, s.Title, 24, true, ink, start})
		p.write(label{left, 70, s.Subtitle, 13.5, false, grey, start})
		p.write(label{left, 96, s.YLabel, 14, false, grey, start})
		p.box(x.from-14, y.to-8, x.to-x.from+28, y.from-y.to+16, 10, card)
		for _, t := range y.ticks(6) {
			p.line(1, faint, [2]float64{x.from - 14, y.at(t.value)}, [2]float64{x.to + 14, y.at(t.value)})
			p.write(label{x.from - 24, y.at(t.value) + 4.5, t.text, 13, false, grey, end})
		}
		for _, t := range x.ticks(8) {
			p.line(1, guide, [2]float64{x.at(t.value), y.from + 8}, [2]float64{x.at(t.value), y.to - 8})
			p.write(label{x.at(t.value), y.from + 28, t.text, 13, false, grey, middle})
		}
		p.write(label{(x.from + x.to) / 2, y.from + 52, s.XLabel, 14, false, grey, middle})
		s.dots(p, x, y)
	}}, nil
}

func (d Dot) interval() bool { return d.Low != 0 || d.High != 0 }

// dots draws the dots and below them their groups.
func (s Scatter) dots(p pen, x, y axis) {
	groups := map[string]int{}
	f := fonts{}
	at := x.from
	for _, d := range s.Dots {
		i, known := groups[d.Group]
		if !known {
			i = len(groups)
			groups[d.Group] = i
			if d.Group != "" {
				ink := hues[lineHue(i)].full
				mark(p, [2]float64{at + 5, y.from + 84}, i, ink)
				p.write(label{at + 18, y.from + 88.5, d.Group, 13, true, ink, start})
				at += 46 + f.width(d.Group, 13, true)
			}
		}
		if d.interval() {
			p.line(1.4, hues[lineHue(i)].tint, [2]float64{x.at(d.X), y.at(d.Low)}, [2]float64{x.at(d.X), y.at(d.High)})
		}
	}
	for i, d := range s.Dots {
		g := groups[d.Group]
		mark(p, [2]float64{x.at(d.X), y.at(d.Y)}, g, hues[lineHue(g)].full)
		p.write(s.name(f, i, x, y))
	}
}

// name is a dot's label, on the side where fewer dots are.
func (s Scatter) name(f fonts, i int, x, y axis) label {
	d := s.Dots[i]
	px, py := x.at(d.X), y.at(d.Y)
	crowd := 0
	w := f.width(d.Name, 12.5, false) + 14
	for k, o := range s.Dots {
		ox, oy := x.at(o.X), y.at(o.Y)
		if k == i || oy < py-14 || oy > py+14 {
			continue
		}
		if ox >= px && ox < px+2*w {
			crowd++
		} else if ox < px && ox > px-2*w {
			crowd--
		}
	}
	l := label{px + 10, py + 4.5, d.Name, 12.5, false, ink, start}
	if crowd > 0 || px+w > x.to+14 {
		l.x, l.align = px-10, end
	}
	return l
}
