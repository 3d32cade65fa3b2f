package feed_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/feed"
)

func ExampleByClass() {
	labels := []int32{0, 0, 0, 1, 1, 2, 2, -1} // photos 0 to 2 are one product's, photo 7 is nobody knows whose
	sampler, err := feed.NewByClass(labels, 2, 2, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	classes, photos := map[int32]bool{}, map[int]bool{}
	for _, d := range sampler.Draws(0) {
		classes[d.Label], photos[d.Photo] = true, true
	}
	fmt.Println(sampler.Steps(), "steps an epoch;", len(classes), "classes and", len(photos), "photos in a batch")
	// Output: 2 steps an epoch; 2 classes and 4 photos in a batch
}
