package rerank_test

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/rerank"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// A query moves towards the photo that is nearest to it, and a second photo of the same
// product, 46 degrees away, comes nearer.
func Example() {
	set := &vectors.Set{IDs: []string{"mug, front", "mug, side", "plate"}, Dim: 2, Data: []float32{0.96, 0.28, 0.7,
		0.714, 0.75, -0.661}}
	queries := &vectors.Set{IDs: []string{"photo"}, Dim: 2, Data: []float32{1, 0}}
	index, err := search.NewExact(set.IDs, set.Data, set.Dim, search.ExactOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for _, round := range []string{"as it is", "expanded"} {
		hits, err := index.Search(ctx, queries.Data, 3, search.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(round, ":")
		for _, h := range hits[0] {
			fmt.Printf(" %s %.2f;", set.IDs[h.Row], h.Score)
		}
		fmt.Println()
		if queries, err = rerank.Expand(set, queries, hits, rerank.ExpandOptions{Neighbours: 1, Alpha: 3}); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// as it is: mug, front 0.96; plate 0.75; mug, side 0.70;
	// expanded: mug, front 0.99; mug, side 0.79; plate 0.66;
}
