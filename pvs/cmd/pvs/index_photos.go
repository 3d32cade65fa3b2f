package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// indexPhotos are photos with their vectors, to be put into an index.
type indexPhotos struct {
	Catalog string `arg:"" help:"The catalogue folder, or one with a folder of photos a product." placeholder:"CATALOG"`
	Split   string `default:"index" help:"train, val, index or query."`
	Vectors string `help:"${index_vectors}" placeholder:"NAME"`
	SkipBad bool   `help:"Leave out rows and photos that cannot be read."`
}

// embedded is the name of the vectors that are made on the way to an index in a folder.
func embedded(dir string) string { return filepath.Join(dir, "embedding", "photos") }

// entries are photos with their vectors.
type entries struct {
	rows   *vectors.Rows
	photos map[string]index.Photo
}

// read opens the vectors of photos, which were embedded before or are embedded now.
func (c *indexPhotos) read(a *app, cat *catalog.Catalog, photos []embed.Photo, name string) (*entries, error) {
	rows, err := vectors.OpenRows(name)
	if err != nil {
		return nil, err
	}
	if err := rows.Verify(); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	described, err := rowsOf(cat, with(photos, rows.IDs))
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	digest, err := digests(name, rows.IDs)
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	e := &entries{rows, described}
	for id, p := range e.photos {
		if digest[id] != "" {
			p.Digest = digest[id]
			e.photos[id] = p
		}
	}
	for _, id := range rows.IDs {
		if _, ok := e.photos[id]; !ok {
			return nil, errors.Join(fmt.Errorf("the vectors %s are of a photo %s, which is not in the split %s of %s", name, id,
				c.Split, c.Catalog), rows.Close())
		}
	}
	if left := len(photos) - len(rows.IDs); left > 0 && c.Vectors != "" {
		a.log(fmt.Sprintf("%d photos of the split %s have no vector in %s and are left out", left, c.Split, c.Vectors))
	}
	return e, nil
}

// with are the photos that have vectors: of a catalogue that is embedded in parts, few of all.
func with(photos []embed.Photo, ids []string) []embed.Photo {
	has := make(map[string]bool, len(ids))
	for _, id := range ids {
		has[id] = true
	}
	out := make([]embed.Photo, 0, len(ids))
	for _, p := range photos {
		if has[p.ID] {
			out = append(out, p)
		}
	}
	return out
}

// digestColumn is the column of digests in an index's export.
const digestColumn = "digest"

// rowsOf says what a catalogue knows of photos, by their ids; digests of the files are known if it was exported from
// an index.
func rowsOf(cat *catalog.Catalog, photos []embed.Photo) (map[string]index.Photo, error) {
	fields, err := cat.Fields()
	if err != nil {
		return nil, err
	}
	files, out := make(map[string]string, len(photos)), make(map[string]index.Photo, len(photos))
	for _, p := range photos {
		if files[p.ID], err = filepath.Abs(p.File); err != nil {
			return nil, err
		}
	}
	for _, row := range cat.Photos {
		file, asked := files[row.ID]
		if !asked {
			continue
		}
		photo := index.Photo{ID: row.ID, Product: row.Product, Category: row.Category, Title: row.Title, Path: file,
			Fields: fields[row.ID]}
		photo.Digest = photo.Fields[digestColumn] // of an export
		delete(photo.Fields, digestColumn)
		if len(photo.Fields) == 0 {
			photo.Fields = nil
		}
		out[row.ID] = photo
	}
	return out, nil
}

// digests are the photos' SHA-256s in hex, as far as NAME.stamps knows them.
func digests(name string, ids []string) (map[string]string, error) {
	stamps, err := vectors.ReadStamps(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(ids))
	for i, s := range stamps {
		if i < len(ids) && s != (stamp.Stamp{}) {
			out[ids[i]] = hex.EncodeToString(s.SHA256[:])
		}
	}
	return out, nil
}

// all yields the entries, with vectors of unit length.
func (e *entries) all() iter.Seq2[index.Entry, error] {
	return func(yield func(index.Entry, error) bool) {
		one := &vectors.Set{IDs: []string{""}, Dim: e.rows.Dim}
		for i, id := range e.rows.IDs {
			one.IDs[0], one.Data = id, make([]float32, e.rows.Dim)
			err := e.rows.Read(i, one.Data)
			if err == nil {
				err = one.Normalize()
			}
			if !yield(index.Entry{Photo: e.photos[id], Vector: one.Data}, err) {
				return
			}
		}
	}
}

// list opens the catalogue and lists the photos of the split.
func (c *indexPhotos) list(a *app) (*catalog.Catalog, []embed.Photo, error) {
	split, err := catalog.ParseSplit(c.Split)
	if err != nil {
		return nil, nil, misuse{err}
	}
	cat, err := c.open(a)
	if err != nil {
		return nil, nil, err
	}
	a.list("rows of photos.csv", problemLines(cat.Skipped))
	photos := embed.PhotosOf(cat, split)
	if len(photos) == 0 {
		return nil, nil, fmt.Errorf("the catalogue %s has no photos in the split %s", c.Catalog, split)
	}
	return cat, photos, nil
}

// open reads the catalogue, or a folder of photos: a folder a product, all of them of the split index.
func (c *indexPhotos) open(a *app) (*catalog.Catalog, error) {
	if !c.isFolder() {
		return a.openCatalog(c.Catalog, c.SkipBad)
	}
	layout := dataset.Folder{Leaf: dataset.Product, Queries: dataset.NoQueries, Loose: true}
	cat, summary, err := dataset.Read(a.ctx, layout, c.Catalog, dataset.Options{SkipBad: c.SkipBad})
	if err != nil {
		return nil, err
	}
	a.log(fmt.Sprintf("%s has no %s: each folder of photos in it is taken for a product, %d of them", c.Catalog,
		catalog.PhotosFile, summary.Products))
	for _, line := range summary.Bad {
		a.log("left out: " + line)
	}
	for _, note := range summary.Notes {
		a.log(note)
	}
	return cat, nil
}

// isFolder says whether a folder is given that is no catalogue.
func (c *indexPhotos) isFolder() bool {
	if info, err := os.Stat(c.Catalog); err != nil || !info.IsDir() {
		return false
	}
	_, err := os.Stat(filepath.Join(c.Catalog, catalog.PhotosFile))
	return errors.Is(err, fs.ErrNotExist)
}

// embedInto embeds photos into the folder of an index.
func (c *indexPhotos) embedInto(a *app, e embed.Embedder, photos []embed.Photo, dir string) (string, error) {
	verb := embedCommand{Catalog: c.Catalog, Split: c.Split, Out: embedded(dir), SkipBad: c.SkipBad}
	_, err := verb.embed(a, e, photos)
	return verb.Out, err
}
