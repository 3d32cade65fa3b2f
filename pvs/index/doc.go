// Package index keeps photos and their vectors in a folder that stays, grows and shrinks, and finds the nearest ones in
// milliseconds.
//
//	info, err := index.Create(ctx, "shop", index.Options{Dim: 1280, Origin: origin}, entries)
//	ix, err := index.Open("shop")                          // any number of processes
//	found, err := ix.Search(ctx, index.Query{Vector: v, K: 10, ByProduct: true, Category: "Kitchen > Mugs"})
//
//	w, err := index.OpenWriter("shop")                     // one process
//	done, err := w.Apply(ctx, index.Change{Put: entries, Remove: ids})
//	changed, err := ix.Refresh(ctx)                        // from now on searches see it
//
// All that an index is of is in a SQLite database, and a change that was acknowledged is on the disk. Derived of it are
// codes of one bit a dimension (package codes), in files that never change, behind a pointer file: a search estimates
// all scores by codes, and computes those of the best candidates from their vectors. How many candidates are enough is
// measured on the index's own photos.
//
// A [Snapshot] is one state of an index: what is asked of it is of that state, whatever a writer does meanwhile.
//
// docs/index.md has the formats of the files, what is guaranteed, and how fast it is.
package index
