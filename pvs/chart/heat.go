package chart

import (
	"fmt"
	"image"
	"image/color"
)

// warmth are colours from low to high, even steps of lightness that keep apart for eyes
// that confuse red and green: ten stops of matplotlib's viridis.
var warmth = []color.RGBA{
	{68, 1, 84, 255}, {72, 40, 120, 255}, {62, 74, 137, 255}, {49, 104, 142, 255}, {38, 130, 142, 255},
	{31, 158, 137, 255}, {53, 183, 121, 255}, {110, 206, 88, 255}, {181, 222, 43, 255}, {253, 231, 37, 255},
}

// Activations draws what a layer puts out, [height, width, channels] row by row: an
// image for each channel, a pixel for each place, from dark for the channel's least
// value to bright for its greatest.
func Activations(values []float32, height, width, channels int) ([]image.Image, error) {
	if height < 1 || width < 1 || channels < 1 || len(values) != height*width*channels {
		return nil, fmt.Errorf("%d values are not those of %d x %d places in %d channels", len(values), height, width, channels)
	}
	out := make([]image.Image, channels)
	plane := make([]float32, height*width)
	for c := range channels {
		for i := range plane {
			if plane[i] = values[i*channels+c]; !finite(float64(plane[i])) {
				return nil, fmt.Errorf("channel %d has a value that cannot be drawn at row %d, column %d", c, i/width, i%width)
			}
		}
		out[c] = heat(plane, width, height)
	}
	return out, nil
}

// heat draws values row by row on their own scale; equal ones are all dark.
func heat(values []float32, width, height int) image.Image {
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for i, v := range values {
		t := 0.0
		if hi > lo {
			t = (float64(v) - float64(lo)) / (float64(hi) - float64(lo))
		}
		m.SetRGBA(i%width, i/width, warm(t))
	}
	return m
}

// warm is the colour of a share from 0 to 1.
func warm(t float64) color.RGBA {
	place := t * float64(len(warmth)-1)
	i := min(int(place), len(warmth)-2)
	a, b, f := warmth[i], warmth[i+1], place-float64(i)
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + f*(float64(y)-float64(x)) + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}
