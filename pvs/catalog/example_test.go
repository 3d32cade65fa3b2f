package catalog_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

func ExampleCategory() {
	c := catalog.Category("Kitchen > Drinkware > Mugs")
	fmt.Println(c.Top(), "/", c.Leaf(), "/", len(c.Levels()), "levels")
	// Output: Kitchen / Mugs / 3 levels
}
