// Package dataset turns sets of product photos, in the layouts in which they are
// published or lie on people's disks, into catalogue folders:
//
//	summary, err := dataset.Import(ctx, dataset.Folder{Leaf: dataset.Product}, "shop", "catalog", dataset.Options{})
//
// writes catalog/photos.csv for the photos under shop, one folder a product. The photos
// stay where they are. docs/data.md says for each reader how its set is laid out, where
// it is to be had, and what becomes of its parts.
//
// A photo that is not there, a path that leaves the folder, a row that does not parse
// are counted, listed in catalog/problems.txt, and end the import, or are left out with
// Options.SkipBad. Existence is checked by listing each folder once, so that millions
// of photos take seconds.
package dataset
