package embed

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Input is the part of an [Embedder] that brings photos to a network's square input, [size, size, 3] of values from 0
// to 255.
type Input struct {
	look   imageprep.Look
	shrunk bool
}

// NewInput makes an input of a look; shrunk decodes large JPEGs at a part of their size.
func NewInput(look imageprep.Look, shrunk bool) (Input, error) {
	if look.Centre == 1 {
		look.Centre = 0
	}
	return Input{look, shrunk}, look.Check()
}

// squares says in a few words what [imageprep.Square] does.
const squares = "padded to a square with the mean of its edge, bilinear"

// DecodeShrunk is vectors.Origin.Decode of an [Input] that is shrunk.
const DecodeShrunk = "shrunk"

// Note writes into an origin what the input does to photos, and returns what it adds to a key.
func (i Input) Note(o *vectors.Origin) (key string) {
	o.Pixels, o.Centre, o.Views, o.Resize = i.look.Size, i.look.Centre, []string{imageprep.A0.String()}, squares
	key = fmt.Sprintf(" pixels-%d", imageprep.Revision)
	if i.look.Centre > 0 {
		key += fmt.Sprintf(" centre %g", i.look.Centre)
	}
	if i.shrunk {
		o.Decode = DecodeShrunk
		key += fmt.Sprintf(" %s-%d", DecodeShrunk, imageprep.RevisionShrunk)
	}
	return key
}

// InputLen returns the values of a square.
func (i Input) InputLen() int { return 3 * i.look.Size * i.look.Size }

// Limits adds to limits what of a photo suffices.
func (i Input) Limits(l imageprep.Limits) imageprep.Limits {
	if i.shrunk {
		l.Suffices = i.look.Suffices()
	}
	return l
}

// Prepare pads the photo's centre, or all of it, to a square and resizes.
func (i Input) Prepare(photo *imageprep.RGB, input []float32) { i.look.Into(photo, input) }

// PrepareWhole is Prepare of what somebody has cut out, all of which is looked at.
func (i Input) PrepareWhole(part *imageprep.RGB, input []float32) {
	imageprep.Look{Size: i.look.Size}.Into(part, input)
}
