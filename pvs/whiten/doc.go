// Package whiten learns PCA whitening on vectors and applies it to others (Jégou & Chum
// 2012, "Negative evidences and co-occurences in image retrieval: the benefit of PCA and
// whitening").
//
// Directions in which all photos vary together, such as lighting or background, dominate
// cosines. Whitening scales every principal direction to the same variance, so that the
// rare ones count too. A direction of little variance, which may be noise, is left out or
// held back by shrinkage.
//
//	w, err := whiten.Learn(index, whiten.Options{Dim: 256, Shrinkage: 0.5})
//	index, err = w.Apply(index)
//	queries, err = w.Apply(queries)          // the same one, learned without the queries
//	err = w.Write("index.whiten")            // safetensors: other programs read it, too
//
// [Embedder] whitens the vectors of photos as they are embedded. What is whitened says so in
// its origin ([vectors.Origin]), so that it is not compared with vectors as they were.
package whiten
