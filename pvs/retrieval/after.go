package retrieval

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/rerank"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// After is what is done with the first results of a query; the zero value is nothing. Parameters are those that were
// best on drawn products and did as well on electronic parts (docs/after-training.md).
type After struct {
	Expand int  `json:"expand"` // alpha query expansion by so many of the nearest; 0: none
	Rerank bool `json:"rerank"` // k-reciprocal re-ranking of the first 100
}

// What expansion and re-ranking take.
const (
	expandAlpha = 1
	rerankTop   = 100
)

// rerankOptions are the options of re-ranking.
var rerankOptions = rerank.ReciprocalOptions{K1: 8, K2: 6, Lambda: 0.6, Top: rerankTop}

// RerankOptions are the options of re-ranking that [After] takes.
func RerankOptions() rerank.ReciprocalOptions { return rerankOptions }

// IsZero says that nothing is done.
func (a After) IsZero() bool { return a == After{} }

// String names the steps.
func (a After) String() string {
	switch {
	case a.Expand > 0 && a.Rerank:
		return fmt.Sprintf("query expansion by %d and re-ranking", a.Expand)
	case a.Expand > 0:
		return fmt.Sprintf("query expansion by %d", a.Expand)
	case a.Rerank:
		return "re-ranking"
	}
	return "the results as they are"
}

// Search finds the k nearest of each query, with what is done after. Find searches for the k nearest rows of the set.
func (a After) Search(ctx context.Context, set, queries *vectors.Set, k int,
	find func(queries *vectors.Set, k int) ([][]search.Hit, error)) ([][]search.Hit, error) {
	if a.Rerank && k > rerankTop {
		return nil, fmt.Errorf("re-ranking looks at the first %d results, and %d are asked for", rerankTop, k)
	}
	if a.Expand > 0 {
		hits, err := find(queries, a.Expand)
		if err != nil {
			return nil, err
		}
		queries, err = rerank.Expand(set, queries, hits, rerank.ExpandOptions{Neighbours: a.Expand, Alpha: expandAlpha})
		if err != nil {
			return nil, err
		}
	}
	if !a.Rerank {
		return find(queries, k)
	}
	hits, err := find(queries, rerankTop)
	if err != nil {
		return nil, err
	}
	if hits, err = rerank.Reciprocal(ctx, set, queries, hits, rerankOptions); err != nil {
		return nil, err
	}
	for q, list := range hits {
		hits[q] = list[:min(k, len(list))]
	}
	return hits, nil
}
