package augment

import (
	"bytes"
	"image"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// workspace is the memory of one call.
type workspace struct {
	levels [2]imageprep.RGB // of the pyramid, in turns
	mask   []uint8          // of ground, of a level
	stack  []int32          // of the flood fill
	share  []float32        // of ground, of the output
	other  []float32        // another ground, of the output's size
	blur   []float32
	rgba   *image.RGBA
	file   bytes.Buffer
}

// grown returns a slice of n values, the old one where it is large enough. Its values are any.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
