package rerank

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/search"
)

// Products finds the k nearest products of each query ([q, Dim], row by row), each by its
// best photo: as many photos are searched as k products need. Product names a row's
// product; "" is a product of its own. Fewer than k come where the index has fewer.
func Products(ctx context.Context, index search.Index, queries []float32, k int, product func(row int) string,
	opts search.Options) ([][]search.Hit, error) {
	dim := index.Dim()
	if k < 1 || len(queries)%dim != 0 {
		return nil, fmt.Errorf("%d values of queries, of dimension %d, and k = %d products make no search",
			len(queries), dim, k)
	}
	n := len(queries) / dim
	out := make([][]search.Hit, n)
	todo := make([]int, n) // queries that lack products
	for q := range todo {
		todo[q] = q
	}
	for photos := min(4*k, max(1, index.Len())); len(todo) > 0; photos = min(2*photos, index.Len()) {
		hits, err := index.Search(ctx, rows(queries, dim, todo), photos, among(opts, todo))
		if err != nil {
			return nil, err
		}
		var lack []int
		for i, q := range todo {
			out[q] = OnePerProduct(hits[i], k, product)
			if len(out[q]) < k && len(hits[i]) == photos && photos < index.Len() {
				lack = append(lack, q)
			}
		}
		todo = lack
	}
	return out, nil
}

// OnePerProduct leaves of a list of hits the best photo of each product, and of these the
// first k.
func OnePerProduct(hits []search.Hit, k int, product func(row int) string) []search.Hit {
	var out []search.Hit
	seen := map[string]bool{}
	for _, h := range hits {
		if len(out) == k {
			break
		}
		if p := product(h.Row); p != "" {
			if seen[p] {
				continue
			}
			seen[p] = true
		}
		out = append(out, h)
	}
	return out
}

// rows copies some of the queries; all of them are used as they are.
func rows(queries []float32, dim int, which []int) []float32 {
	if len(which)*dim == len(queries) {
		return queries
	}
	out := make([]float32, 0, len(which)*dim)
	for _, q := range which {
		out = append(out, queries[q*dim:(q+1)*dim]...)
	}
	return out
}

// among is the options of a search for some of the queries.
func among(opts search.Options, which []int) search.Options {
	out := search.Options{Progress: opts.Progress}
	if opts.QueryIDs != nil {
		for _, q := range which {
			out.QueryIDs = append(out.QueryIDs, opts.QueryIDs[q])
		}
	}
	if opts.Itself != nil {
		out.Itself = func(query, row int) bool { return opts.Itself(which[query], row) }
	}
	return out
}
