package main

import (
	"context"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/rerank"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// mostShown is how many photos products are taken from.
const mostShown = 100

// improved searches an index on disk, with what is done after a search. Match is that of the search as it was, whose
// scores are cosines. Of products it returns at most those that the first 100 photos show.
func improved(ctx context.Context, s *index.Snapshot, q index.Query, after retrieval.After) (*index.Answer, error) {
	wanted, byProduct := q.K, q.ByProduct
	q.ByProduct = false
	found := &vectors.Set{Dim: len(q.Vector)} // what the searches have found so far, by row
	var photos []index.Photo
	row := map[string]int{}
	var first *index.Answer // to the query as it was
	find := func(queries *vectors.Set, k int) ([][]search.Hit, error) {
		q.Vector, q.K = queries.Row(0), k
		answer, err := s.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = answer
		}
		var hits []search.Hit
		for _, h := range answer.Hits {
			if _, ok := row[h.ID]; !ok {
				v, err := s.Vector(ctx, h.ID)
				if err != nil {
					return nil, err
				}
				row[h.ID] = found.Len()
				found.IDs, found.Data = append(found.IDs, h.ID), append(found.Data, v...)
				photos = append(photos, h.Photo)
			}
			hits = append(hits, search.Hit{Row: row[h.ID], Score: h.Score})
		}
		return [][]search.Hit{hits}, nil
	}
	k := wanted
	if byProduct {
		k = mostShown
	}
	query := &vectors.Set{IDs: []string{"query"}, Dim: found.Dim, Data: slices.Clone(q.Vector)}
	hits, err := after.Search(ctx, found, query, k, find)
	if err != nil {
		return nil, err
	}
	if byProduct {
		hits[0] = rerank.OnePerProduct(hits[0], wanted, func(row int) string { return photos[row].Product })
	}
	first.Hits = first.Hits[:0]
	for _, h := range hits[0] {
		first.Hits = append(first.Hits, index.Hit{Photo: photos[h.Row], Score: h.Score})
	}
	return first, nil
}
