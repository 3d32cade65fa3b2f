// Package leaderboard scores ways to turn photos into vectors on one catalogue, as a
// leaderboard does: each entry embeds the index and query photos, finds the ten nearest
// of each query, and is scored against the truth.
//
//	network, err := retrieval.Score(ctx, cat, e, "Lite0, ImageNet weights", dir, retrieval.Options{})
//	colours, err := retrieval.Score(ctx, cat, embed.Histogram{}, "colour histogram", other, retrieval.Options{})
//	g, err := retrieval.Gallery(cat, network, colours)    // a picture of the first, with the scores of all
//
// An entry's vectors stay in its folder, so that a second start only searches.
package retrieval
