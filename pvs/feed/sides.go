package feed

import (
	"context"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// LongerSides returns the longer side of each photo, in pixels, if one of the views is
// only of large photos (A10), else nil. Only headers are read.
func LongerSides(s Source, views []imageprep.View) ([]int, error) {
	if !slices.ContainsFunc(views, func(v imageprep.View) bool { return !v.Keeps(0, 0) }) {
		return nil, nil
	}
	sides := make([]int, s.Len())
	err := cores.Each(context.Background(), len(sides), func(photo int) error {
		w, h, err := s.Size(photo)
		sides[photo] = max(w, h)
		return err
	})
	return sides, err
}
