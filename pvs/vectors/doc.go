// Package vectors keeps embeddings in two plain files: NAME.npy, a float32 array
// [N, D] that numpy, FAISS and everyone else reads, and NAME.ids, one id a line. Beside
// them NAME.json says what made them ([Origin]) and which values and ids it is about, and
// NAME.stamps of which files photos were. Sets of other programs have the first two only.
//
//	set, err := vectors.Read("index")       // index.npy and index.ids
//	err = vectors.Compare("the index", set.Origin, "the queries", queries.Origin)
//	err = set.Normalize()                   // unit length, for search by cosine
//
// A [Writer] appends row by row and, after a kill, goes on where it stopped.
package vectors
