package feed

import (
	"runtime"
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
	photos := make(chan int)
	var failed error
	var once sync.Once
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for photo := range photos {
				w, h, err := s.Size(photo)
				if err != nil {
					once.Do(func() { failed = err })
				}
				sides[photo] = max(w, h)
			}
		})
	}
	for photo := range sides {
		photos <- photo
	}
	close(photos)
	workers.Wait()
	return sides, failed
}
