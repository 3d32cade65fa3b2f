package imageprep

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// View is one of the augmentations of the journey (journey.csv, column augmentations).
type View uint8

// The views. The recipe fixes A0 to A5. Of A6 to A10 the original's chart gives only
// the names; the sizes below are this project's.
const (
	A0  View = iota // original
	A1              // upside-down flip
	A2              // left-right flip
	A3              // rotated by 90 degrees, counter-clockwise as tf.image.rot90
	A4              // rotated by 180 degrees
	A5              // rotated by 270 degrees
	A6              // left-right flip, or not, at random
	A7              // a random square of 80% of the side, resized to the full side
	A8              // shrunk to 80% of the side, the rest padded with the perimeter's mean
	A9              // the central square of 80% of the side, resized to the full side
	A10             // original, only of images larger than 224 pixels on at least one side
)

// cropShare is the side of A7's, A8's and A9's inner square.
const cropShare = 0.8

// largeSide is the limit of A10.
const largeSide = 224

// ParseViews reads names like "A0 A1 A2", as in journey.csv.
func ParseViews(s string) ([]View, error) {
	var views []View
	for _, name := range strings.Fields(s) {
		found := false
		for v := A0; v <= A10; v++ {
			if strings.EqualFold(v.String(), name) {
				views, found = append(views, v), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no view is called %q: they are A0 to A10", name)
		}
	}
	return views, nil
}

// String returns "A0" to "A10".
func (v View) String() string { return fmt.Sprintf("A%d", uint8(v)) }

// Random says whether the view needs random numbers.
func (v View) Random() bool { return v == A6 || v == A7 }

// Keeps says whether the view is made of an image of that original size.
func (v View) Keeps(width, height int) bool {
	return v != A10 || width > largeSide || height > largeSide
}

// Apply returns the view of a square [size, size, 3] as a new slice. Only A6 and A7
// use rng, which may be nil for the others.
func (v View) Apply(square []float32, size int, rng *rand.Rand) []float32 {
	last := size - 1
	switch v {
	case A1:
		return gather(square, size, func(x, y int) (int, int) { return x, last - y })
	case A2:
		return gather(square, size, func(x, y int) (int, int) { return last - x, y })
	case A3:
		return gather(square, size, func(x, y int) (int, int) { return last - y, x })
	case A4:
		return gather(square, size, func(x, y int) (int, int) { return last - x, last - y })
	case A5:
		return gather(square, size, func(x, y int) (int, int) { return y, last - x })
	case A6:
		if rng.IntN(2) == 1 {
			return A2.Apply(square, size, nil)
		}
	case A7:
		inner := innerSide(size)
		return crop(square, size, rng.IntN(size-inner+1), rng.IntN(size-inner+1), inner)
	case A8:
		return shrink(square, size)
	case A9:
		inner := innerSide(size)
		return crop(square, size, (size-inner)/2, (size-inner)/2, inner)
	}
	return slices.Clone(square)
}

func innerSide(size int) int { return max(1, int(cropShare*float64(size))) }

// gather builds a square whose pixel (x, y) is the one that from names.
func gather(src []float32, size int, from func(x, y int) (int, int)) []float32 {
	dst := make([]float32, len(src))
	for y := range size {
		for x := range size {
			sx, sy := from(x, y)
			copy(dst[3*(y*size+x):3*(y*size+x)+3], src[3*(sy*size+sx):])
		}
	}
	return dst
}

// crop resizes the inner square at (left, top) to the full side.
func crop(src []float32, size, left, top, inner int) []float32 {
	return bilinear(taps(inner, size), size, func(x, y, c int) float32 {
		return src[3*((top+y)*size+left+x)+c]
	})
}

// shrink resizes the square to the inner side and pads it.
func shrink(src []float32, size int) []float32 {
	inner := innerSide(size)
	small := bilinear(taps(size, inner), inner, func(x, y, c int) float32 { return src[3*(y*size+x)+c] })
	var fill [3]float32
	for i := range size {
		for _, p := range [][2]int{{i, 0}, {i, size - 1}, {0, i}, {size - 1, i}} {
			for c := range fill {
				fill[c] += src[3*(p[1]*size+p[0])+c] / float32(4*size)
			}
		}
	}
	margin := (size - inner) / 2
	dst := make([]float32, len(src))
	for i := range size * size {
		copy(dst[3*i:], fill[:])
	}
	for y := range inner {
		copy(dst[3*((margin+y)*size+margin):], small[3*y*inner:3*(y+1)*inner])
	}
	return dst
}

// bilinear resamples a square with the same taps across and down.
func bilinear(at []tap, size int, pixel func(x, y, c int) float32) []float32 {
	dst := make([]float32, 3*size*size)
	for y, v := range at {
		for x, h := range at {
			for c := range 3 {
				upper := pixel(h.lo, v.lo, c) + (pixel(h.hi, v.lo, c)-pixel(h.lo, v.lo, c))*h.weight
				lower := pixel(h.lo, v.hi, c) + (pixel(h.hi, v.hi, c)-pixel(h.lo, v.hi, c))*h.weight
				dst[3*(y*size+x)+c] = upper + (lower-upper)*v.weight
			}
		}
	}
	return dst
}
