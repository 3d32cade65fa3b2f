package cpu

import "github.com/gopvs/product-visual-search/pvs/effnet"

// SavedBytes is how many bytes a [Training] saves for backward of an image of size pixels a side, from a block on,
// or, for "", from images: for B0 at 224 pixels 14 MB, and 1 MB from block7a on. BatchNorms are in inference mode.
func SavedBytes(c effnet.Config, size int, from string) int64 {
	values, side := 0, (size+1)/2
	for _, b := range c.Blocks() {
		in := side * side
		side = (side + b.Stride - 1) / b.Stride
		if from != "" && b.Name != from {
			continue
		}
		from = ""
		values += in*b.In + 2*b.Expanded()
		if b.Expand != 1 && b.In >= minSavedChannels {
			values += (in + side*side) * b.Expanded()
		}
	}
	blocks := c.Blocks()
	return 4 * int64(values+side*side*(blocks[len(blocks)-1].Out+c.Features())+c.Features())
}
