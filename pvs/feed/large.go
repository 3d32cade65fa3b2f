package feed

import (
	"slices"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// LargeSides returns the longer side of each photo if one of the views is only of
// large photos (A10), else nil. Only headers are read.
func LargeSides(s Source, views []imageprep.View) ([]int, error) {
	if !slices.ContainsFunc(views, func(v imageprep.View) bool { return !v.Keeps(0, 0) }) {
		return nil, nil
	}
	sides := make([]int, s.Len())
	var failed error
	var once sync.Once
	onAllCores(len(sides), func(photo int) {
		w, h, err := s.Size(photo)
		if err != nil {
			once.Do(func() { failed = err })
		}
		sides[photo] = max(w, h)
	})
	return sides, failed
}
