package embed

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// bins of each colour channel.
const bins = 8

// Histogram is the baseline that learns nothing: a joint RGB histogram of 8 x 8 x 8
// colours (Swain & Ballard 1991). The square roots of its shares are taken, so that
// the inner product of two vectors is their Bhattacharyya coefficient.
type Histogram struct{}

// Key returns the baseline's name.
func (Histogram) Key() string { return "rgb-histogram 8" }

// Dim returns 512.
func (Histogram) Dim() int { return bins * bins * bins }

// Batch returns a size that keeps memory small.
func (Histogram) Batch() int { return 32 }

// InputLen returns 512.
func (Histogram) InputLen() int { return bins * bins * bins }

// Prepare counts colours.
func (Histogram) Prepare(photo *imageprep.RGB, input []float32) {
	clear(input)
	for i := 0; i < len(photo.Pix); i += 3 {
		r, g, b := int(photo.Pix[i])/(256/bins), int(photo.Pix[i+1])/(256/bins), int(photo.Pix[i+2])/(256/bins)
		input[(r*bins+g)*bins+b]++
	}
	n := float64(photo.Width * photo.Height)
	for i, v := range input {
		input[i] = float32(math.Sqrt(float64(v) / n))
	}
}

// Embed copies: the histogram is the vector.
func (h Histogram) Embed(inputs []float32, n int, vectors []float32) error {
	copy(vectors, inputs[:n*h.Dim()])
	return nil
}
