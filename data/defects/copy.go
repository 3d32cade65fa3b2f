package defects

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"

	"golang.org/x/image/draw"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// copyFile returns a copy of an image file: of the same bytes, or a JPEG that was made
// from it.
func copyFile(how Kind, path string, rng *rand.Rand) ([]byte, error) {
	if how == Exact {
		return os.ReadFile(path)
	}
	photo, err := imageprep.Open(path, imageprep.Limits{})
	if err != nil {
		return nil, err
	}
	src := photo.Image()
	part, scale, quality := src.Bounds(), 1.0, 80+rng.IntN(16)
	switch how {
	case Reencoded:
		quality = 40 + rng.IntN(51)
	case Resized:
		scale = 0.4 + 1.2*rng.Float64()
	case Cropped:
		cut := func(size int) int { return int(rng.Float64() * 0.05 * float64(size)) }
		part = image.Rect(cut(photo.Width), cut(photo.Height), photo.Width-cut(photo.Width), photo.Height-cut(photo.Height))
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, int(scale*float64(part.Dx()))), max(1, int(scale*float64(part.Dy())))))
	draw.CatmullRom.Scale(out, out.Bounds(), src, part, draw.Src, nil)
	var jpg bytes.Buffer
	err = jpeg.Encode(&jpg, out, &jpeg.Options{Quality: quality})
	return jpg.Bytes(), err
}
