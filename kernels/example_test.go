package kernels_test

import (
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/kernels"
)

func ExampleCheckout() {
	here, _ := filepath.Abs(".")
	root, err := kernels.Checkout(here)
	below, _ := filepath.Rel(root, here)
	fmt.Println(below, err)
	// Output: kernels <nil>
}
