// Package retrieval scores methods of embedding photos on one catalogue, as a leaderboard
// does: for each entry it embeds the index and query photos, finds the ten nearest of
// each query, and scores them against the truth.
//
//	network, err := retrieval.Score(ctx, cat, e, "Lite0, ImageNet weights", dir, retrieval.Options{})
//	colours, err := retrieval.Score(ctx, cat, embed.Histogram{}, "colour histogram", other, retrieval.Options{})
//	g, err := retrieval.Gallery(cat, network, colours) // results of the first, scores of both
//
// An entry's vectors are saved in its folder, so that a second start only searches.
package retrieval
