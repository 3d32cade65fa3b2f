// Package siamese holds the Siamese head, which projects embeddings, and the loss that
// pulls the projections of one product together and pushes those of others away: the
// semi-hard triplet loss of TensorFlow Addons.
//
//	loss := siamese.TripletLoss(embeddings, labels, siamese.Angular, 0.5)
//	gradient := graph.Gradient(loss.Value, embeddings)
//
// GoMLX has a loss of that name too, which takes one hardest positive an anchor; this
// one takes all pairs of an anchor and a positive, each with its own negative.
package siamese
