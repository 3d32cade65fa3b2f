package explain

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Of each product a two photos are alike and two are as the four of its neighbour b. Under another label, photos of b
// and those of a that are like them are taken for b, of which all four (but for the photo itself) are found; of a,
// which the latter are of, one of three is. So what is found of the right products is less than what is proposed.
func TestCorrected(t *testing.T) {
	t.Parallel()
	const pairs, dim, photos = 30, 16, 4
	rng := rand.New(rand.NewPCG(3, 4))
	x := &searched{Search: Search{Index: &vectors.Set{Dim: dim}}, byID: map[string]catalog.Photo{},
		products: map[string][]int{}}
	e := &examination{searched: x, looks: map[string]look{}}
	centre := func() []float64 {
		c := make([]float64, dim)
		for i := range c {
			c[i] = rng.NormFloat64()
		}
		return c
	}
	for pair := range pairs {
		near, shared := centre(), centre()
		for i := range 2 * photos {
			product, at := fmt.Sprint("b", pair), shared
			if i < photos {
				product = fmt.Sprint("a", pair)
				if i < photos/2 {
					at = near
				}
			}
			row := make([]float32, dim)
			for k := range row {
				row[k] = float32(at[k] + 0.05*rng.NormFloat64())
			}
			unit(row)
			id := fmt.Sprint(product, "-", i)
			var l look
			l.colours[pair] = 1
			x.products[product] = append(x.products[product], len(x.Index.IDs))
			x.byID[id], e.looks[id] = catalog.Photo{ID: id, Product: product}, l
			x.Index.IDs, x.Index.Data = append(x.Index.IDs, id), append(x.Index.Data, row...)
		}
	}
	var err error
	if x.exact, err = retrieval.NewIndexOn(nil, x.Index); err != nil {
		t.Fatal(err)
	}
	_, share, err := e.doubts(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Eight photos of a pair: found of the right product 4 x 1 + 2 x 1/3 + 2 x 1/3, of the proposed one 4 x 1 + 2 x 1 +
	// 2 x 1/3 if all are doubted; those of a with one alike may not be.
	least, most := (4+2./3)/(4+2), (4+2./3+2./3)/(4+2+2./3)
	if share < math.Min(least, most)-0.02 || share > math.Max(least, most)+0.02 {
		t.Errorf("of the right product %.3f of that is found, want %.3f to %.3f", share, least, most)
	}
}
