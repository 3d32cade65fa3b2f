package whiten_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// Vectors that differ little in their second dimension differ as much in both afterwards.
func Example() {
	index := &vectors.Set{IDs: []string{"a", "b", "c", "d"}, Dim: 2, Data: []float32{1, 0, -1, 0, 0.96, 0.28, -0.96, 0.28}}
	w, err := whiten.Learn(index, whiten.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	whitened, err := w.Apply(index)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, id := range whitened.IDs {
		fmt.Printf("%s %.2f -> %.2f\n", id, index.Row(i), whitened.Row(i))
	}
	// Output:
	// a [1.00 0.00] -> [0.71 -0.70]
	// b [-1.00 0.00] -> [-0.71 -0.70]
	// c [0.96 0.28] -> [0.70 0.71]
	// d [-0.96 0.28] -> [-0.70 0.71]
}
