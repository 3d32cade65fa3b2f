// Package clusters makes embeddings without photos: vectors that lie as those of a
// catalogue do - categories, in them products, around each its photos - in any number,
// for tests of a search at scale. Random vectors have no neighbours and test nothing.
//
//	made, err := clusters.Write(ctx, "million", clusters.Options{Index: 1_100_000, Queries: 10_000, Dim: 512}, nil)
//
// writes million/index.npy, .ids, million/query.npy, .ids and million/truth.csv as pvs
// search and pvs evaluate take them. A vector depends on the seed and its id alone, so
// that nothing is kept in memory and an interrupted run goes on.
package clusters
