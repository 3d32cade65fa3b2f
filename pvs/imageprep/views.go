package imageprep

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// View is one of the augmentations of the journey (journey.csv, column augmentations).
type View uint8

// The views. The recipe defines A0 to A5. Of A6 to A10 the original published only the
// names; the sizes below are this project's.
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
	A10             // original, only of images whose longer side is above 224 pixels
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
	dst := make([]float32, len(square))
	v.Into(dst, square, size, rng)
	return dst
}

// Into is [View.Apply] into dst, which is not the square itself.
func (v View) Into(dst, square []float32, size int, rng *rand.Rand) {
	last := size - 1
	switch v {
	case A1:
		rearrange(dst, square, size, last*size, 1, -size)
	case A2:
		rearrange(dst, square, size, last, -1, size)
	case A3:
		rearrange(dst, square, size, last, size, -1)
	case A4:
		rearrange(dst, square, size, last*size+last, -1, -size)
	case A5:
		rearrange(dst, square, size, last*size, -size, 1)
	case A6:
		if rng.IntN(2) == 1 {
			A2.Into(dst, square, size, nil)
			return
		}
		copy(dst, square)
	case A7:
		inner := innerSide(size)
		crop(dst, square, size, rng.IntN(size-inner+1), rng.IntN(size-inner+1), inner)
	case A8:
		shrink(dst, square, size)
	case A9:
		inner := innerSide(size)
		crop(dst, square, size, (size-inner)/2, (size-inner)/2, inner)
	default:
		copy(dst, square)
	}
}

func innerSide(size int) int { return max(1, int(cropShare*float64(size))) }

// rearrange copies a square's pixels in another order: the output's first pixel is the
// source's pixel number first, and a step right or down in the output is a step of across
// or down pixels in the source.
func rearrange(dst, src []float32, size, first, across, down int) {
	for y := range size {
		row := dst[3*y*size:][:3*size]
		at := 3 * (first + y*down)
		if across == 1 {
			copy(row, src[at:])
			continue
		}
		for ; len(row) >= 3; row = row[3:] {
			p := src[at:][:3]
			row[0], row[1], row[2] = p[0], p[1], p[2]
			at += 3 * across
		}
	}
}

// crop resizes the inner square at (left, top) to the full side.
func crop(dst, src []float32, size, left, top, inner int) {
	bilinear(dst, taps(inner, size), size, func(x, y, c int) float32 {
		return src[3*((top+y)*size+left+x)+c]
	})
}

// shrink resizes the square to the inner side and pads it.
func shrink(dst, src []float32, size int) {
	inner := innerSide(size)
	small := make([]float32, 3*inner*inner)
	bilinear(small, taps(size, inner), inner, func(x, y, c int) float32 { return src[3*(y*size+x)+c] })
	var fill [3]float32
	for i := range size {
		for _, p := range [][2]int{{i, 0}, {i, size - 1}, {0, i}, {size - 1, i}} {
			for c := range fill {
				fill[c] += src[3*(p[1]*size+p[0])+c] / float32(4*size)
			}
		}
	}
	margin := (size - inner) / 2
	for i := range size * size {
		copy(dst[3*i:], fill[:])
	}
	for y := range inner {
		copy(dst[3*((margin+y)*size+margin):], small[3*y*inner:3*(y+1)*inner])
	}
}

// bilinear resamples a square with the same taps across and down.
func bilinear(dst []float32, at []tap, size int, pixel func(x, y, c int) float32) {
	for y, v := range at {
		for x, h := range at {
			for c := range 3 {
				upper := pixel(h.lo, v.lo, c) + (pixel(h.hi, v.lo, c)-pixel(h.lo, v.lo, c))*h.weight
				lower := pixel(h.lo, v.hi, c) + (pixel(h.hi, v.hi, c)-pixel(h.lo, v.hi, c))*h.weight
				dst[3*(y*size+x)+c] = upper + (lower-upper)*v.weight
			}
		}
	}
}
