package embed

import "github.com/gopvs/product-visual-search/pvs/imageprep"

// Limits returns limits for opening photos that an embedder will prepare: with what of a photo suffices for it, if it
// says so. [Run] opens photos so; who opens a photo for [One] does, too.
func Limits(e Embedder, l imageprep.Limits) imageprep.Limits {
	if chooser, ok := e.(interface {
		Limits(imageprep.Limits) imageprep.Limits
	}); ok {
		return chooser.Limits(l)
	}
	return l
}

// PrepareWhole prepares a part of a photo that somebody has cut out, all of which is to be looked at, also by an
// embedder that looks at photos' centres.
func PrepareWhole(e Embedder, part *imageprep.RGB, input []float32) {
	if whole, ok := e.(interface {
		PrepareWhole(*imageprep.RGB, []float32)
	}); ok {
		whole.PrepareWhole(part, input)
		return
	}
	e.Prepare(part, input)
}
