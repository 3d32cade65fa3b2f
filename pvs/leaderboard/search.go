package leaderboard

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// WorthABackend says whether starting XLA pays for a search of queries in rows: from
// some billion products of values on.
func WorthABackend(rows, queries, dim int) bool {
	return float64(rows)*float64(queries)*float64(dim) > 4e9
}

// Index is an exact index that knows what made its vectors.
type Index struct {
	*search.Exact
	Origin *vectors.Origin // nil where it is not known
}

// Made returns the origin of the vectors.
func (i *Index) Made() *vectors.Origin { return i.Origin }

// NewIndex makes an exact index of unit vectors for a number of queries. Start is
// called for a backend where the search is large enough for one; nil: plain Go searches.
func NewIndex(set *vectors.Set, queries int, start func() (compute.Backend, error)) (*Index, error) {
	var b compute.Backend
	if start != nil && WorthABackend(set.Len(), queries, set.Dim) {
		var err error
		if b, err = start(); err != nil {
			return nil, err
		}
	}
	exact, err := search.NewExact(set.IDs, set.Data, set.Dim, search.ExactOptions{Backend: b})
	return &Index{exact, set.Origin}, err
}

// Results are the neighbours of each query, nearest first.
type Results [][]evaluate.Result

// Search finds the k nearest of each query. Queries that were made with another network,
// or in another way, than the index are refused, where both are known.
func Search(ctx context.Context, index search.Index, queries *vectors.Set, k int) (Results, error) {
	if known, ok := index.(interface{ Made() *vectors.Origin }); ok {
		if err := vectors.Compare("the index", known.Made(), "the queries", queries.Origin); err != nil {
			return nil, err
		}
	}
	if index.Dim() != queries.Dim {
		return nil, fmt.Errorf("the index has vectors of dimension %d and the queries of %d; embed both with the same network", index.Dim(), queries.Dim)
	}
	hits, err := index.Search(ctx, queries.Data, k, search.Options{QueryIDs: queries.IDs})
	if err != nil {
		return nil, err
	}
	out := make(Results, len(hits))
	for q, list := range hits {
		for i, h := range list {
			out[q] = append(out[q], evaluate.Result{Query: queries.IDs[q], Rank: i + 1, Index: index.ID(h.Row), Score: h.Score})
		}
	}
	return out, nil
}

// Each yields all results in order.
func (r Results) Each(yield func(evaluate.Result) bool) {
	for _, list := range r {
		for _, result := range list {
			if !yield(result) {
				return
			}
		}
	}
}

// Ranked returns the results as evaluate.Score takes them: ids by query.
func (r Results) Ranked() map[string][]string {
	out := map[string][]string{}
	for result := range r.Each {
		out[result.Query] = append(out[result.Query], result.Index)
	}
	return out
}
