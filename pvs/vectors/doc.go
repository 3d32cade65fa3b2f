// Package vectors keeps embeddings in two plain files: NAME.npy, a float32 array
// [N, D] that numpy, FAISS and everyone else reads, and NAME.ids, one id a line.
//
//	set, err := vectors.Read("index")       // index.npy and index.ids
//	err = set.Normalize()                   // unit length, for search by cosine
//
// A [Writer] appends row by row and, after a kill, goes on where it stopped.
package vectors
