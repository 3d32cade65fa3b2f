package augment_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/augment"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

func ExampleAugmenter() {
	options, err := augment.Parse("mild-blur+rotation")
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := augment.New(options, 32, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	photo := imageprep.NewRGB(50, 40)
	square, again := make([]float32, 3*32*32), make([]float32, 3*32*32)
	a.Into(square, photo, augment.Key{Epoch: 3, Photo: 17})
	a.Into(again, photo, augment.Key{Epoch: 3, Photo: 17})
	fmt.Println(len(square), "values, the same again:", fmt.Sprint(square) == fmt.Sprint(again))
	// Output: 3072 values, the same again: true
}
