// Package search finds nearest neighbours among vectors of unit length, where the
// inner product is the cosine.
//
// [Exact] compares every query with every row. It computes the inner products of a tile
// of queries and rows at a time, so that its memory does not grow with the index, on a
// GoMLX backend if the caller has one, else in pure Go.
//
//	index, err := search.NewExact(ids, data, dim, search.ExactOptions{Backend: backend})
//	hits, err := index.Search(ctx, queries, 10, search.Options{})
package search
