package fit_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/fit"
)

// A recipe is data: change what you want to try, and run it on your catalogue.
func ExampleRecommended() {
	r := fit.Recommended()
	r.Name, r.Augmentation, r.Epochs = "strong", "strong", 20
	fmt.Println(r.Batch(), "photos in a step,", r.Dim, "values a vector")
	fmt.Println(r.Validate())
	r.Softmax, r.Contrastive = 0, 0
	fmt.Println(r.Validate())
	// Output:
	// 64 photos in a step, 512 values a vector
	// <nil>
	// the recipe has no loss
}
