package retrieval

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// WorthABackend says whether starting XLA is worth it for a search: from 4 billion
// multiplications on.
func WorthABackend(rows, queries, dim int) bool {
	return float64(rows)*float64(queries)*float64(dim) > 4e9
}

// Index is an exact index that knows its vectors and what made them.
type Index struct {
	*search.Exact
	// IDs says what the same id among the queries means; "": ByVector.
	IDs IDs
	// After is done with the results.
	After After
	set   *vectors.Set
}

// Made returns the origin of the vectors; nil where it is not known.
func (i *Index) Made() *vectors.Origin { return i.set.Origin }

// NewIndex makes an exact index of unit vectors for a number of queries. Start is called
// for a backend where the search is large enough for one; nil: searches run in pure Go.
func NewIndex(set *vectors.Set, queries int, start func() (compute.Backend, error)) (*Index, error) {
	var b compute.Backend
	if start != nil && WorthABackend(set.Len(), queries, set.Dim) {
		var err error
		if b, err = start(); err != nil {
			return nil, err
		}
	}
	return NewIndexOn(b, set)
}

// NewIndexOn is [NewIndex] on a given backend; nil: searches run in pure Go.
func NewIndexOn(b compute.Backend, set *vectors.Set) (*Index, error) {
	exact, err := search.NewExact(set.IDs, set.Data, set.Dim, search.ExactOptions{Backend: b})
	if err != nil {
		return nil, err
	}
	return &Index{Exact: exact, set: set}, nil
}

// Results are the neighbours of each query, nearest first.
type Results [][]evaluate.Result

// Search finds the k nearest of each query. The query itself is never among them: an
// [Index] recognises it as its IDs say, any other index by its id alone. Where the origins
// of index and queries are known, they must be the same, or it is an error.
func Search(ctx context.Context, index search.Index, queries *vectors.Set, k int) (Results, error) {
	if known, ok := index.(interface{ Made() *vectors.Origin }); ok {
		if err := vectors.Compare("the index", known.Made(), "the queries", queries.Origin); err != nil {
			return nil, err
		}
	}
	if index.Dim() != queries.Dim {
		return nil, fmt.Errorf("the index has vectors of dimension %d and the queries of %d; embed both with the same "+
			"network", index.Dim(), queries.Dim)
	}
	opts := search.Options{QueryIDs: queries.IDs}
	find := func(queries *vectors.Set, k int) ([][]search.Hit, error) {
		return index.Search(ctx, queries.Data, k, opts)
	}
	var hits [][]search.Hit
	var err error
	if x, ok := index.(*Index); ok {
		opts.Itself = x.itself(queries)
		hits, err = x.After.Search(ctx, x.set, queries, k, find)
	} else {
		hits, err = find(queries, k)
	}
	if err != nil {
		return nil, err
	}
	out := make(Results, len(hits))
	for q, list := range hits {
		for i, h := range list {
			out[q] = append(out[q], evaluate.Result{Query: queries.IDs[q], Rank: i + 1,
				Index: index.ID(h.Row), Score: h.Score})
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
