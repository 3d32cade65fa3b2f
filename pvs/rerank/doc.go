// Package rerank makes the results of a search better by looking at the results
// themselves, without training:
//
//   - [Expand]: the query moves towards its nearest photos and is searched again (alpha query
//     expansion);
//   - [Augment]: each photo of the index moves towards its neighbours there, once and for all
//     (database-side augmentation);
//   - [Reciprocal]: results are put into a new order by the neighbours that they share with
//     the query (k-reciprocal re-ranking);
//   - [Best]: several photos of one thing are one query, and a row takes its best score;
//   - [Products]: k products in place of k photos, each with its best photo.
//
// All take unit vectors ([vectors.Set]) and the hits of a search ([search.Index]), and give
// back sets or hits of the same kind, so that one can follow another:
//
//	hits, err := index.Search(ctx, queries.Data, 3, search.Options{})
//	queries, err = rerank.Expand(set, queries, hits, rerank.ExpandOptions{Neighbours: 3, Alpha: 1})
//	hits, err = index.Search(ctx, queries.Data, 100, search.Options{})
//	o := rerank.ReciprocalOptions{K1: 8, K2: 6, Lambda: 0.6, Top: 100}
//	hits, err = rerank.Reciprocal(ctx, set, queries, hits, o)
//
// What each is worth: docs/after-training.md.
package rerank
