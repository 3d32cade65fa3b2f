// Package pvs is product visual search: given a photo of a product, it finds other photos
// of the same product among a million.
//
//	catalog, err := pvs.OpenFolder(ctx, "photos", pvs.FolderOptions{})      // a folder a product
//	network, err := pvs.OpenNetwork(ctx, pvs.NetworkOptions{})              // the best there is
//	index, err := network.Embed(ctx, catalog.Index(), pvs.EmbedOptions{})   // photos -> vectors
//	queries, err := network.Embed(ctx, catalog.Queries(), pvs.EmbedOptions{})
//	results, err := index.Search(ctx, queries, 10)                          // vectors -> photos
//	report, err := catalog.Score(results)                                   // -> MAR@10
//
// docs/library.md goes through these steps, with options, errors, concurrency and memory.
//
// A program that wants more takes the packages below, each of which is a step from photos
// to a score, in the order of docs/architecture.md:
//
//	catalog -> imageprep -> effnet -> embed -> vectors -> search -> evaluate -> chart
//
// What this package returns holds theirs: a [Catalog] is a catalog.Catalog, [Vectors] are
// a vectors.Set.
package pvs
