// Package catalog holds the photos of a catalogue with their labels, and reads and
// writes the catalogue folder: DIR/photos.csv with the header
//
//	photo,path,split,product,category,title
//
// where photo is a unique id, path is relative to DIR or absolute, split is one of
// train, val, index and query, product may be empty in train and val, and category is
// the path of names from the root to the leaf, joined by " > ". The truth of a search
// is "same product" between query and index; DIR/truth.csv (query,index) overrides it.
//
//	c, err := catalog.Open(dir, catalog.Options{})
//	for _, photo := range c.Split(catalog.Query) {
//		fmt.Println(photo.ID, c.File(photo))
//	}
//
// A [Writer] writes a catalogue folder, a [Builder] makes a catalogue in memory.
package catalog
