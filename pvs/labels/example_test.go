package labels_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/labels"
)

func ExampleChoose() {
	var photos []catalog.Photo
	for i, title := range []string{"Blue mug", "blue  MUG", "Oak chair", "Oak chair", "Tin lamp", "Oak chair"} {
		photos = append(photos, catalog.Photo{ID: fmt.Sprint("p", i), Split: catalog.Train, Title: title})
	}
	choice := labels.Choose(photos)
	fmt.Println(choice.Reason)
	fmt.Println(choice.Set.Names, choice.Set.Single())
	train, held, err := labels.HoldOut(photos, choice.Set.Kind, 0.4, 1)
	fmt.Println(train, held, err)
	// Output:
	// titles: 5 of 6 photos share theirs with another photo, in 2 classes with a median of 3 photos; products: none
	// [blue mug oak chair] [0 0 1 1 -1 1]
	// [2 3 4 5] [0 1] <nil>
}
