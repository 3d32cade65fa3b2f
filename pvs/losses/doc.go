// Package losses holds the metric-learning losses of the literature as GoMLX graphs: from embeddings
// [batch, dim] and labels [batch] to a value whose gradient makes a product's photos similar and
// those of other products dissimilar.
//
//	loss, err := losses.NewMargin(losses.MarginOptions{Kind: losses.ArcFace, Classes: 1000})
//	...
//	out := loss.Graph(losses.Input{Embeddings: features, Labels: labels, ClassWeights: weights})
//	gradients := graph.Gradient(out.Mean(), features, weights)
//
// Losses with class weights, one or more vectors a class that train with the network:
//
//   - [Margin]: softmax on cosines, plain (NormFace) or with a margin (CosFace, ArcFace, sub-centre ArcFace)
//
// Losses of pairs of rows, which need at least two rows of a class in a batch:
//
//   - [SupCon]: supervised contrastive
//
// They also compare a batch with embeddings of earlier ones, if there is a memory ([Memory]).
// The semi-hard triplet loss of the original entry is in package siamese.
//
// All take embeddings of any length, normalise them themselves,
// and compute in float32 what comes in a narrower type. A label below 0 says that the row is
// unlabelled: it costs nothing and is compared with nothing. The literature's choices are each
// loss's zero options. An embedding that is not a number makes the loss NaN, always.
package losses
