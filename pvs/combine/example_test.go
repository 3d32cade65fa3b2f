package combine_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/combine"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Two photos of one mug become one query.
func Example() {
	photos := &vectors.Set{IDs: []string{"front", "side"}, Dim: 2, Data: []float32{1, 0, 0, 1}}
	query, err := combine.Mean(photos, []string{"mug", "mug"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.3f\n", query.IDs[0], query.Row(0))
	// Output: mug [0.707 0.707]
}
