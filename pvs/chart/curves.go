package chart

import "fmt"

// Curves is a chart of lines over a common axis, such as losses over epochs.
type Curves struct {
	Title, XLabel, YLabel string
	Log                   bool // the scale of Y
	Lines                 []Curve
}

// Curve is one line.
type Curve struct {
	Name   string
	Points []Point // from left to right

	// Mean is over how many neighbouring points the line is a running mean; the points
	// themselves are then drawn faintly behind it. 0 or 1: the line leads through the points.
	Mean int
}

// Point is a point of a line.
type Point struct{ X, Y float64 }

// PNG draws the curves as a picture.
func (c Curves) PNG(path string) error {
	d, err := c.layout()
	if err != nil {
		return err
	}
	return d.png(path)
}

// SVG draws the same picture in a form that scales.
func (c Curves) SVG(path string) error {
	d, err := c.layout()
	if err != nil {
		return err
	}
	return d.svg(path)
}

// smooth are the points that the line leads through: each the mean of Mean points around
// it, fewer at the ends.
func (l Curve) smooth() []Point {
	if l.Mean < 2 {
		return l.Points
	}
	means := make([]Point, len(l.Points))
	for i, p := range l.Points {
		around := l.Points[max(0, i-(l.Mean-1)/2):min(len(l.Points), i+l.Mean/2+1)]
		for _, q := range around {
			means[i].Y += q.Y / float64(len(around))
		}
		means[i].X = p.X
	}
	return means
}

// check refuses what cannot be drawn.
func (c Curves) check() error {
	if len(c.Lines) == 0 {
		return fmt.Errorf("the chart %q has no lines", c.Title)
	}
	for _, l := range c.Lines {
		if len(l.Points) == 0 {
			return fmt.Errorf("the line %q of the chart %q has no points", l.Name, c.Title)
		}
		for i, p := range l.Points {
			if !finite(p.X, p.Y) {
				return fmt.Errorf("point %d of the line %q is (%g, %g), which cannot be drawn", i+1, l.Name, p.X, p.Y)
			}
			if c.Log && p.Y <= 0 {
				return fmt.Errorf("point %d of the line %q is %g, and a logarithmic scale has only numbers above 0",
					i+1, l.Name, p.Y)
			}
			if i > 0 && p.X < l.Points[i-1].X {
				return fmt.Errorf("point %d of the line %q lies left of the one before it", i+1, l.Name)
			}
		}
	}
	return nil
}
