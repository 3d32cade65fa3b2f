package embed

import (
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// bins of each colour channel.
const bins = 8

// Histogram is the baseline that learns nothing: a joint RGB histogram of 8 x 8 x 8
// colours (Swain & Ballard 1991). The square roots of its shares are taken, so that
// the inner product of two vectors is their Bhattacharyya coefficient.
type Histogram struct{}

// HistogramName is the baseline's in [vectors.Origin.Network].
const HistogramName = "rgb-histogram"

// Key returns the baseline's name.
func (Histogram) Key() string {
	return fmt.Sprintf("%s %d pixels-%d", HistogramName, bins, imageprep.Revision)
}

// Origin names the baseline.
func (Histogram) Origin() vectors.Origin {
	return vectors.Origin{Network: HistogramName, Title: "colour histograms", Views: []string{imageprep.A0.String()},
		Output:    fmt.Sprintf("%d colours", bins*bins*bins),
		Precision: effnet.Float32.String(), Engine: "go", Resize: "not resized"}
}

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
