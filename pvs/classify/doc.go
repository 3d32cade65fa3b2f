// Package classify is the new top of phases 1 to 3: a BatchNorm, dropout and a softmax
// over the catalogue's categories, with its loss.
//
//	head := classify.Head{Features: 1280, Classes: 1000}
//	out := head.Graph(scope, features, classify.Options{})
//	loss := classify.Loss(out.Logits, labels, nil)
//
// [CPUHead] computes the same on a CPU without a backend, and trains.
//
// What it puts before the dropout, out.Embedding, is what a search uses before there
// is a Siamese head.
package classify
