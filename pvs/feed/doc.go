// Package feed makes batches for training: photos in a seeded order through a shuffle
// buffer of ten batches, the chosen views of a photo one after the other. Photos are
// decoded and resized on all cores, and batches are prefetched while a step runs.
//
//	images := feed.NewImages(source, 224, 2<<30)
//	order := feed.Order{Photos: source.Len(), Views: views, Batch: 128, Seed: 100}
//	stream := feed.Open(ctx, images, order, 0, order.Steps())
//	defer stream.Close()
//	for {
//		batch, err := stream.Next() // io.EOF after the last
//		...
//	}
//
// For losses that compare photos of one label with those of others, [ByClass] makes batches of P classes with K photos
// each, and [Augmented] fills them with augmented photos, shrunk and cached in memory:
//
//	sampler, err := feed.NewByClass(labels, 32, 4, seed)
//	stream := feed.OpenSampled(ctx, feed.NewAugmented(source, augmenter, 1<<30), sampler, 0, steps)
//
// Batches are a function of the seed and the step alone: they do not depend on the number
// of cores, and a stream can start at any step.
package feed
