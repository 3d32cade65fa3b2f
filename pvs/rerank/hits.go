package rerank

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// check makes sure that hits can be those of the queries in the index. It looks at the rows
// that were found alone: one query in a million rows is checked at once.
func check(index, queries *vectors.Set, hits [][]search.Hit) error {
	if index.Dim != queries.Dim {
		return fmt.Errorf("the index has vectors of dimension %d and the queries of %d; embed both with the same "+
			"network", index.Dim, queries.Dim)
	}
	if len(hits) != queries.Len() {
		return fmt.Errorf("the hits of %d searches are not those of %d queries", len(hits), queries.Len())
	}
	if len(index.Data) != index.Len()*index.Dim {
		return fmt.Errorf("%d ids and %d values do not make an index of dimension %d", index.Len(), len(index.Data),
			index.Dim)
	}
	if err := queries.CheckUnit(); err != nil {
		return fmt.Errorf("the queries: %w", err)
	}
	for q, list := range hits {
		for _, h := range list {
			if h.Row < 0 || h.Row >= index.Len() {
				return fmt.Errorf("query %s has a hit in row %d, but the index has %d", queries.IDs[q], h.Row, index.Len())
			}
			if !isUnit(index.Row(h.Row)) {
				return fmt.Errorf("vector %d (%s) of the index is not of length 1; normalise the vectors first", h.Row,
					index.IDs[h.Row])
			}
		}
	}
	return nil
}

// isUnit says whether a vector has the length 1, as [vectors.Set.CheckUnit] does.
func isUnit(row []float32) bool {
	v := blas32.Vector{N: len(row), Inc: 1, Data: row}
	return math.Abs(float64(blas32.Dot(v, v))-1) <= 2e-3
}

// byScore sorts hits as a search does: best first, equal scores in the order of their ids.
func byScore(hits []search.Hit, id func(row int) string) {
	slices.SortFunc(hits, func(a, b search.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(id(a.Row), id(b.Row)))
	})
}
