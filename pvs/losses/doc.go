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
//   - [ProxyAnchor]: classes compared with all rows of a batch
//   - [MultiLabel]: several labels a row, softmax or binary cross-entropy
//
// Losses of pairs of rows, which need at least two rows of a class in a batch:
//
//   - [SupCon]: supervised contrastive
//   - [MultiSimilarity], with its mining of pairs
//   - [BatchHard]: the triplet of the farthest positive and the nearest negative
//
// They also compare a batch with embeddings of earlier ones, if there is a memory ([Queue], [Enqueue]).
// The losses of the original entry are elsewhere: the classifier's cross-entropy in package classify, the semi-hard
// triplet loss in package siamese.
//
// All take embeddings of any length, normalise them themselves (but for [BatchHard], which does if it is
// asked to), and compute in float32 what comes in a narrower type. A label below 0 says that the row is
// unlabelled: it costs nothing and is compared with nothing. The literature's choices are each
// loss's zero options. An embedding that is not a number makes the loss NaN, always.
package losses
