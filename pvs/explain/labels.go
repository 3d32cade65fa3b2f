package explain

import (
	"context"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/search"
)

// A label is doubted by comparing a photo with whole products: its mean cosine with all photos of another one, less
// that with all others of its own. Of the index's photos, whose labels are mostly right, the same is computed without
// the photo itself, and a query is doubted only where it is above what all but doubtShare of them have.
const (
	doubtShare  = 0.01
	doubtSample = 2000 // photos of the index that are asked, at most
	doubtPhotos = 2    // that a product must have to be another one
)

// product is that of a row of the index.
func (x *searched) product(row int) string { return x.byID[x.Index.IDs[row]].Product }

// agreement is the mean cosine of a vector with rows of the index, but for one of them.
func (x *searched) agreement(v []float32, rows []int, but int) (mean float64, n int) {
	for _, row := range rows {
		if row != but {
			mean, n = mean+float64(dot(v, x.Index.Row(row))), n+1
		}
	}
	return mean / float64(max(1, n)), n
}

// rival is the product among those of the hits that a vector agrees with most, its own left out.
func (x *searched) rival(v []float32, hits []search.Hit, own string) (name string, mean float64) {
	tried := map[string]bool{own: true, "": true}
	for _, h := range hits {
		p := x.product(h.Row)
		if tried[p] || len(x.products[p]) < doubtPhotos {
			continue
		}
		tried[p] = true
		if m, _ := x.agreement(v, x.products[p], -1); name == "" || m > mean {
			name, mean = p, m
		}
	}
	return name, mean
}

// doubt is that a query agrees with another product more than chance does.
type doubt struct {
	product      string
	theirs, ours float64
}

// doubts returns the doubted queries among some, and the limit.
func (x *searched) doubts(ctx context.Context, queries []int) (map[int]doubt, float64, error) {
	var asked []int
	step := max(1, x.Index.Len()/doubtSample)
	for row := 0; row < x.Index.Len(); row += step {
		if len(x.products[x.product(row)]) > doubtPhotos {
			asked = append(asked, row)
		}
	}
	if len(asked) < 20 { // no products to speak of
		return nil, 0, nil
	}
	hits, err := x.others(ctx, asked, shelf)
	if err != nil {
		return nil, 0, err
	}
	var margins []float64
	for i, row := range asked {
		own := x.product(row)
		ours, _ := x.agreement(x.Index.Row(row), x.products[own], row)
		if name, theirs := x.rival(x.Index.Row(row), hits[i], own); name != "" {
			margins = append(margins, theirs-ours)
		}
	}
	if len(margins) == 0 {
		return nil, 0, nil
	}
	slices.Sort(margins)
	limit := max(0, margins[min(len(margins)-1, int((1-doubtShare)*float64(len(margins))))])
	out := map[int]doubt{}
	for _, q := range queries {
		own := x.byID[x.Queries.IDs[q]].Product
		if own == "" || len(x.right[q]) == 0 {
			continue
		}
		ours, _ := x.agreement(x.Queries.Row(q), keys(x.right[q]), -1)
		name, theirs := x.rival(x.Queries.Row(q), x.hits[q], own)
		if name != "" && theirs-ours > limit {
			out[q] = doubt{name, theirs, ours}
		}
	}
	return out, limit, nil
}

// keys are the rows of a set, in order.
func keys(set map[int]bool) []int {
	out := make([]int, 0, len(set))
	for row := range set {
		out = append(out, row)
	}
	slices.Sort(out)
	return out
}
