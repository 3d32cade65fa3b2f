package explain

import "github.com/gopvs/product-visual-search/pvs/imageprep"

// Cropped cuts a photo to its product, as the cure of what fills little of it does.
func Cropped(p *imageprep.RGB) *imageprep.RGB { return crop.apply(p) }
