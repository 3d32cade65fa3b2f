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
				return fmt.Errorf("point %d of the line %q is %g, which has no place on a logarithmic scale", i+1, l.Name, p.Y)
			}
			if i > 0 && p.X < l.Points[i-1].X {
				return fmt.Errorf("point %d of the line %q lies left of the one before it", i+1, l.Name)
			}
		}
	}
	return nil
}
