package check_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/check"
)

func ExampleExamine() {
	c := &catalog.Catalog{Photos: []catalog.Photo{
		{ID: "shop-1", Split: catalog.Train, Category: "Kitchen > Mugs"},
		{ID: "shop-2", Split: catalog.Query, Product: "mug", Category: "Kitchen > Mugs"},
	}}
	facts := []check.Facts{{Width: 640, Height: 480, Deviation: 40}, {Width: 640, Height: 480, Deviation: 40}}
	pairs := []check.Pair{{A: 0, B: 1, Agreement: 1, Exact: true}}
	report := check.Examine(c, facts, pairs, nil, check.Limits{Few: 1})
	for _, f := range report.Findings {
		fmt.Printf("%s: %s (%s)\n", f.Kind, c.Photos[f.Photo].ID, f.Detail)
	}
	// Output:
	// leak: shop-2 (one picture in train and query)
	// exact duplicate: shop-2 (files of the same bytes)
	// no match: shop-2 (the index has no photo of the product mug)
}
