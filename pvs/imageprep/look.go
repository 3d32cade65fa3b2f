package imageprep

import (
	"cmp"
	"fmt"
	"math"
)

// LeastCentre is the smallest share of a photo's side that a [Look] takes.
const LeastCentre = 0.3

// Look is how a photo becomes a network's input: its middle, or all of it, as a square ([Square]).
type Look struct {
	Size   int     // side of the square in pixels
	Centre float64 // share of the photo's side that is looked at, in its middle ([Centre]), from LeastCentre; 0: all
}

// Check says what is wrong with the share.
func (l Look) Check() error {
	if l.Centre != 0 && !(l.Centre >= LeastCentre && l.Centre <= 1) {
		return fmt.Errorf("the central %g of a photo's side cannot be looked at: %g to 1 can", l.Centre, LeastCentre)
	}
	return nil
}

// Of is the part of a photo that is looked at.
func (l Look) Of(photo *RGB) *RGB { return Centre(photo, l.share()) }

// Into brings a photo to the input, dst of 3*Size*Size values.
func (l Look) Into(photo *RGB, dst []float32) { Square(l.Of(photo), l.Size, dst) }

// Around is the side of the square whose middle is the input, were all of the photo in it.
func (l Look) Around() int { return int(math.Round(float64(l.Size) / l.share())) }

// Suffices is how many pixels of a photo's longer side suffice ([Limits]): twice what is looked at.
func (l Look) Suffices() int { return int(math.Ceil(2 * float64(l.Size) / l.share())) }

func (l Look) share() float64 { return cmp.Or(l.Centre, 1) }

// Part says what part of photos is looked at.
func (l Look) Part() string {
	if l.Centre == 0 {
		return "whole photos"
	}
	return fmt.Sprintf("the central %g of photos' sides", l.Centre)
}

// String says what is looked at.
func (l Look) String() string { return fmt.Sprintf("%s at %d pixels", l.Part(), l.Size) }
