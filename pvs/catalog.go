package pvs

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

// Catalog is photos with their products. Index are the photos to search in, Queries those
// to search for.
type Catalog struct {
	*catalog.Catalog
}

// CatalogOptions of [OpenCatalog]; zero values are defaults.
type CatalogOptions struct {
	SkipBad bool // leave bad rows of photos.csv out and list them in Skipped, instead of failing
}

// OpenCatalog reads the catalogue folder DIR, whose DIR/photos.csv lists the photos
// (package catalog). The photos' files are not looked at.
func OpenCatalog(dir string, opts CatalogOptions) (*Catalog, error) {
	c, err := catalog.Open(dir, catalog.Options{SkipBad: opts.SkipBad})
	if err != nil {
		return nil, err
	}
	return &Catalog{c}, nil
}

// FolderOptions of [OpenFolder]; zero values are defaults.
type FolderOptions struct {
	Queries     int  // photos of each product that become queries; 0: 1; negative: none
	SkipBad     bool // leave out photos that cannot be taken, instead of failing
	FollowLinks bool // take photos that links lead to outside of the folder
}

// OpenFolder takes a folder of photos as they lie on the disk, and writes nothing. A folder
// that holds photos is a product, and the folders above it are its category. The first
// photos of each product, by name, become queries and the others the index; folders index
// and query at the top decide otherwise. Photos that lie at the top have no product and are
// in the index. A photo's id is its path within the folder. A truth.csv at the top says
// which photos are the right results, as in a catalogue folder.
func OpenFolder(ctx context.Context, dir string, opts FolderOptions) (*Catalog, error) {
	layout := dataset.Folder{Leaf: dataset.Product, Queries: opts.Queries, Loose: true}
	if opts.Queries < 0 {
		layout.Queries = dataset.NoQueries
	}
	c, summary, err := dataset.Read(ctx, layout, dir,
		dataset.Options{SkipBad: opts.SkipBad, FollowLinks: opts.FollowLinks})
	if err != nil {
		return nil, err
	}
	c.Notes = summary.Notes
	return &Catalog{c}, nil
}

// Photo is an image file to embed, with its id.
type Photo = embed.Photo

// Index lists the photos to search in.
func (c *Catalog) Index() []Photo { return embed.PhotosOf(c.Catalog, catalog.Index) }

// Queries lists the photos to search for.
func (c *Catalog) Queries() []Photo { return embed.PhotosOf(c.Catalog, catalog.Query) }

// Files lists image files, whose ids are their paths.
func Files(paths ...string) []Photo {
	photos := make([]Photo, len(paths))
	for i, path := range paths {
		photos[i] = Photo{ID: path, File: path, Where: "file"}
	}
	return photos
}

// Report is the score of a search: averages over queries with 95% bootstrap intervals, of
// which [evaluate.Report.MAR] is the first.
type Report = evaluate.Report

// scored is how many results of a query count for MAR@10.
const scored = 10

// Score compares the results of the catalogue's queries with its products: MAR@10 and the
// other metrics of docs/metrics.md. At least one query must have ten results, or all but one of
// a smaller index: else the search asked for too few, which is an error. Queries without
// results count as zero.
func (c *Catalog) Score(results Results) (*Report, error) {
	longest := 0
	for _, list := range results {
		longest = max(longest, len(list))
	}
	if enough := min(scored, len(c.Split(catalog.Index))-1); longest < enough {
		return nil, fmt.Errorf("the score counts %d results a query, but there are %d at most: search for %d",
			scored, longest, scored)
	}
	truth, err := c.Truth()
	if err != nil {
		return nil, err
	}
	return evaluate.Score(results.Ranked(), truth, evaluate.Options{K: scored})
}
