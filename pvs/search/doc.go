// Package search finds nearest neighbours among vectors of unit length, where the
// inner product is the cosine.
//
// [Exact] compares every query with every row. It goes through the index in tiles, so
// that its memory does not grow with the index; the products of a tile are computed by
// a GoMLX backend where the caller has one, else in plain Go.
//
//	index, err := search.NewExact(ids, data, dim, search.ExactOptions{Backend: backend})
//	hits, err := index.Search(ctx, queries, 10, search.Options{})
package search
