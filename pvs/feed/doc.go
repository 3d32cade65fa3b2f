// Package feed makes batches for training: photos in a seeded order through a shuffle
// buffer of ten batches, the chosen views of a photo side by side, decoded and resized
// on all cores ahead of the device.
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
// The same seed gives the same batches on any number of cores, and a stream can start
// at any step: what comes is a function of the seed and the step alone.
package feed
