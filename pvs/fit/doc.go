// Package fit makes the search of one catalogue better, by itself: it looks at what the catalogue offers as labels,
// holds products out to choose by, trains the backbone and a projection with metric-learning losses within a budget of
// time, and keeps only what helps on the held-out products by more than its paired interval.
//
//	result, err := fit.Run(ctx, cat, network, dir, fit.Options{Training: training, Inference: inference})
//	fmt.Println(result.Before, result.After)
//
// The recipe is a [Recipe]: softmax on cosines with a margin and a supervised contrastive loss on 512 values behind a
// BatchNorm, photos augmented as people take them, AdamW with a cosine schedule, averaged weights, the backbone's
// BatchNorms frozen. The projection is folded with its BatchNorm into one dense layer, the Siamese head's, so that the
// result is a checkpoint like any other.
//
// The training goes on after a kill from its last save, with the same steps as if nothing had happened.
package fit
