package explain

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// depth is how many neighbours of a query are looked at: re-ranking looks at as many.
const depth = 100

// shelf is how far the cause [Near] reaches.
const shelf = 50

// Search is what is explained.
type Search struct {
	Catalog *catalog.Catalog
	// Index and Queries are vectors of unit length, of photos of the catalogue.
	Index, Queries *vectors.Set
	// Found are the results of an approximate search, by query, best first; nil: the search was exact.
	Found map[string][]string
	// IDs says what an id means that is both a query's and in the index; "": [retrieval.ByVector].
	IDs retrieval.IDs
}

// searched is a search with its neighbours.
type searched struct {
	Search
	exact    *retrieval.Index
	byID     map[string]catalog.Photo
	products map[string][]int    // the rows of the index by product
	truth    map[string][]string // of queries with vectors; ids of index rows
	right    []map[int]bool      // rows of the index, by query
	self     []int               // the row that is the query itself, by query; -1: none
	hits     [][]search.Hit      // depth nearest, by query
	first    [][]int             // the rows of the first ten results, as they were found
}

// newSearched searches exactly.
func newSearched(ctx context.Context, s Search, start func() (compute.Backend, error)) (*searched, error) {
	truth, err := s.Catalog.Truth()
	if err != nil {
		return nil, err
	}
	x := &searched{Search: s, byID: s.Catalog.ByID(), products: map[string][]int{}, truth: map[string][]string{}}
	for row, id := range s.Index.IDs {
		if p := x.byID[id].Product; p != "" {
			x.products[p] = append(x.products[p], row)
		}
	}
	if x.exact, err = retrieval.NewIndex(s.Index, s.Queries.Len(), start); err != nil {
		return nil, err
	}
	x.exact.IDs = s.IDs
	results, err := retrieval.Search(ctx, x.exact, s.Queries, depth)
	if err != nil {
		return nil, err
	}
	for q, id := range s.Queries.IDs {
		x.self = append(x.self, -1)
		right := map[int]bool{}
		for _, other := range truth[id] {
			if row, ok := x.exact.Row(other); ok && other != id {
				right[row] = true
			}
		}
		// The truth counts photos that the index lacks: they cannot be found, and are missed.
		x.truth[id], x.right = truth[id], append(x.right, right)
		var hits []search.Hit
		for _, r := range results[q] {
			row, _ := x.exact.Row(r.Index)
			hits = append(hits, search.Hit{Row: row, Score: r.Score})
		}
		x.hits = append(x.hits, hits)
		if row, ok := x.exact.Row(id); ok && !contains(hits, row) && len(hits) > 0 {
			if dot(s.Queries.Row(q), s.Index.Row(row)) >= hits[0].Score {
				x.self[q] = row
			}
		}
		first := rows(hits, retrieval.K)
		if s.Found != nil {
			first = nil
			for _, other := range s.Found[id] {
				if row, ok := x.exact.Row(other); ok && len(first) < retrieval.K {
					first = append(first, row)
				}
			}
		}
		x.first = append(x.first, first)
	}
	return x, nil
}

func contains(hits []search.Hit, row int) bool {
	for _, h := range hits {
		if h.Row == row {
			return true
		}
	}
	return false
}

// rows are the first n rows of hits.
func rows(hits []search.Hit, n int) []int {
	var out []int
	for _, h := range hits[:min(n, len(hits))] {
		out = append(out, h.Row)
	}
	return out
}

// dot is the inner product.
func dot(a, b []float32) float32 {
	var sum float32
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// again searches for other vectors in place of queries: of is the query of each.
func (x *searched) again(ctx context.Context, of []int, data []float32) ([][]search.Hit, error) {
	ids := make([]string, len(of))
	for i, q := range of {
		ids[i] = x.Queries.IDs[q]
	}
	return x.exact.Exact.Search(ctx, data, depth, search.Options{QueryIDs: ids,
		Itself: func(i, row int) bool { return x.self[of[i]] == row }})
}

// others finds the nearest of rows of the index itself, without the row.
func (x *searched) others(ctx context.Context, of []int, k int) ([][]search.Hit, error) {
	ids, data := make([]string, len(of)), make([]float32, 0, len(of)*x.Index.Dim)
	for i, row := range of {
		ids[i], data = x.Index.IDs[row], append(data, x.Index.Row(row)...)
	}
	return x.exact.Exact.Search(ctx, data, k, search.Options{QueryIDs: ids})
}

// recall is the share of a query's right photos among the first ten rows.
func (x *searched) recall(q int, first []int) float64 {
	hits := 0
	for _, row := range first[:min(retrieval.K, len(first))] {
		if x.right[q][row] {
			hits++
		}
	}
	return float64(hits) / float64(max(1, len(x.truth[x.Queries.IDs[q]])))
}

// report makes recalls comparable by [evaluate.Compare].
func (x *searched) report(recall map[int]float64) *evaluate.Report {
	r := &evaluate.Report{Metrics: []evaluate.Metric{{Name: marAt10}}}
	for q, id := range x.Queries.IDs {
		if v, ok := recall[q]; ok {
			r.PerQuery = append(r.PerQuery, evaluate.QueryScore{Query: id, Values: []float64{v}})
		}
	}
	return r
}

const marAt10 = "mar_at_10"
