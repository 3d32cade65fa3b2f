// Package combine makes one vector of several: of photos of one thing ([Mean]), of views
// and input sizes of one photo ([Views]), and of two networks ([Join]).
//
//	things, err := combine.Mean(queries, names)              // one query for each thing
//	views := []combine.View{{By: e224}, {By: e224, View: imageprep.A2}, {By: e160}}
//	e, err := combine.NewViews(views, combine.ViewsOptions{}) // an embed.Embedder
//	both, err := combine.Join(combine.Part{Set: a, Weight: 2}, combine.Part{Set: b, Weight: 1})
//
// Several photos can also be searched for one by one, and each row take its best score:
// package rerank.
package combine
