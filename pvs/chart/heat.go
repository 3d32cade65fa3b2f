package chart

import (
	"fmt"
	"image"
	"image/color"
)

// viridis is ten stops of matplotlib's colour map of that name, from low to high: even steps of lightness, which people
// with red-green colour blindness can tell from each other too.
var viridis = []color.RGBA{
	{68, 1, 84, 255}, {72, 40, 120, 255}, {62, 74, 137, 255}, {49, 104, 142, 255}, {38, 130, 142, 255},
	{31, 158, 137, 255}, {53, 183, 121, 255}, {110, 206, 88, 255}, {181, 222, 43, 255}, {253, 231, 37, 255},
}

// Activations draws a layer's output, [height, width, channels] row by row: an image for each channel, a pixel for each
// position, from dark for the channel's least value to bright for its greatest.
func Activations(values []float32, height, width, channels int) ([]image.Image, error) {
	if height < 1 || width < 1 || channels < 1 || len(values) != height*width*channels {
		return nil, fmt.Errorf("%d values do not have the shape [%d, %d, %d] of height, width and channels",
			len(values), height, width, channels)
	}
	out := make([]image.Image, channels)
	plane := make([]float32, height*width)
	for c := range channels {
		for i := range plane {
			if plane[i] = values[i*channels+c]; !finite(float64(plane[i])) {
				return nil, fmt.Errorf("channel %d has the value %g at row %d, column %d, which is NaN or infinite",
					c, plane[i], i/width, i%width)
			}
		}
		out[c] = heatmap(plane, width, height)
	}
	return out, nil
}

// heatmap draws values row by row, scaled from their least to their greatest; equal ones are all dark.
func heatmap(values []float32, width, height int) image.Image {
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
		m.SetRGBA(i%width, i/width, colourOf(t))
	}
	return m
}

// colourOf interpolates the colour map at t from 0 to 1.
func colourOf(t float64) color.RGBA {
	at := t * float64(len(viridis)-1)
	i := min(int(at), len(viridis)-2)
	a, b, f := viridis[i], viridis[i+1], at-float64(i)
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + f*(float64(y)-float64(x)) + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}
