package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// indexCommand are the verbs of an index on disk.
type indexCommand struct {
	Create  indexCreateCommand  `cmd:"" help:"Make an index of the photos of a split."`
	Add     indexAddCommand     `cmd:"" help:"Add the photos of a split, or what changed of them."`
	Remove  indexRemoveCommand  `cmd:"" help:"Remove photos by their ids."`
	Info    indexInfoCommand    `cmd:"" help:"What an index holds, and how well its search was measured to find."`
	Verify  indexVerifyCommand  `cmd:"" help:"Read all of an index and check it."`
	Compact indexCompactCommand `cmd:"" help:"${index_compact}"`
	Export  indexExportCommand  `cmd:"" help:"Write an index's vectors and photos for other programs."`
}

// indexPhotos are photos with their vectors, to be put into an index.
type indexPhotos struct {
	Catalog string `arg:"" help:"The catalogue folder." placeholder:"CATALOG"`
	Split   string `required:"" help:"train, val, index or query."`
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
	described, err := rowsOf(cat, photos)
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

// digestColumn is the column of digests in an index's export.
const digestColumn = "digest"

// rowsOf says what a catalogue knows of photos, by their ids; digests of the files are known if it was exported from
// an index.
func rowsOf(cat *catalog.Catalog, photos []embed.Photo) (map[string]index.Photo, error) {
	fields, err := cat.Fields()
	if err != nil {
		return nil, err
	}
	known, out := cat.ByID(), make(map[string]index.Photo, len(photos))
	for _, p := range photos {
		row := known[p.ID]
		file, err := filepath.Abs(p.File)
		if err != nil {
			return nil, err
		}
		photo := index.Photo{ID: p.ID, Product: row.Product, Category: row.Category, Title: row.Title, Path: file,
			Fields: fields[p.ID]}
		photo.Digest = photo.Fields[digestColumn] // of an export
		delete(photo.Fields, digestColumn)
		if len(photo.Fields) == 0 {
			photo.Fields = nil
		}
		out[p.ID] = photo
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
	cat, err := a.openCatalog(c.Catalog, c.SkipBad)
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

// embedInto embeds photos into the folder of an index.
func (c *indexPhotos) embedInto(a *app, e embed.Embedder, photos []embed.Photo, dir string) (string, error) {
	verb := embedCommand{Catalog: c.Catalog, Split: c.Split, Out: embedded(dir), SkipBad: c.SkipBad}
	_, err := verb.embed(a, e, photos)
	return verb.Out, err
}

type indexCreateCommand struct {
	networkFlags
	indexPhotos
	Out string `required:"" help:"The index's folder." placeholder:"DIR"`
}

// Validate refuses a network beside vectors that are there.
func (c *indexCreateCommand) Validate() error {
	if more := c.given(); c.Vectors != "" && len(more) > 0 {
		return fmt.Errorf("--vectors brings what a network made: leave out %s, or --vectors", more[0])
	}
	return c.networkFlags.Validate()
}

// Run makes an index.
func (c *indexCreateCommand) Run(a *app) error {
	cat, photos, err := c.list(a)
	if err != nil {
		return err
	}
	if err := index.Vacant(c.Out); err != nil { // before the photos are embedded
		return err
	}
	name := c.Vectors
	if name == "" {
		e, _, err := c.networkFlags.open(a)
		if err != nil {
			return err
		}
		if name, err = c.embedInto(a, e, photos, c.Out); err != nil {
			return err
		}
	}
	entries, err := c.read(a, cat, photos, name)
	if err != nil {
		return err
	}
	defer entries.rows.Close()
	if c.Vectors != "" {
		a.unknown(c.Vectors, entries.rows.Origin)
	}
	update, finish := a.progress("making the index")
	info, err := index.Create(a.ctx, c.Out, index.Options{Dim: entries.rows.Dim, Origin: entries.rows.Origin,
		Progress: func(done int) { update(done, len(entries.rows.IDs)) }}, entries.all())
	finish()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Dir(embedded(c.Out))); err != nil {
		return err
	}
	return a.indexInfo(c.Out, info)
}

// indexInfo shows what is known of an index.
func (a *app) indexInfo(dir string, i *index.Info) error {
	network := i.Network
	if network == "" {
		network = "an unknown maker's vectors"
	}
	a.say("%s: %d photos of %d products in %d categories, %d values each of %s, %.1f MB", dir, i.Photos, i.Products,
		i.Categories, i.Dim, network, float64(i.Bytes)/1e6)
	if i.Sample > 0 {
		a.say("recall at 10: %.4f of what an exact search finds, with %d candidates, for %d of its photos", i.Recall,
			i.Candidates, i.Sample)
	}
	if c := i.CutOff; c.Photos > 0 {
		a.say("a score of %.3f or more is called a match: of %d photos, %.1f%% have their nearest photo of the same product "+
			"below, %.1f%% their nearest one of another product above", c.Score, c.Photos, 100*c.Missed, 100*c.Mistaken)
	}
	if i.Removed+i.Tail > 0 {
		a.say("%d photos are removed and masked, %d have no codes yet", i.Removed, i.Tail)
	}
	return a.result(i)
}

type indexAddCommand struct {
	networkFlags
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
	indexPhotos
}

// Run adds photos that the index does not have, and replaces those of which it has others.
func (c *indexAddCommand) Run(a *app) error {
	cat, photos, err := c.list(a)
	if err != nil {
		return err
	}
	w, err := index.OpenWriter(c.Index)
	if err != nil {
		return err
	}
	done, err := c.add(a, w, cat, photos)
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	a.say("%d photos were added to %s and %d replaced; %d are as they were", done.Added, c.Index, done.Replaced,
		len(photos)-done.Added-done.Replaced)
	return a.indexCounts(c.Index, map[string]any{"added": done.Added, "replaced": done.Replaced})
}

// changeSize is how many photos are added in one transaction.
const changeSize = 1000

func (c *indexAddCommand) add(a *app, w *index.Writer, cat *catalog.Catalog, photos []embed.Photo) (sum index.Changed,
	err error) {
	name := c.Vectors
	if name == "" {
		e, err := c.embedder(a, w.Origin())
		if err != nil {
			return sum, err
		}
		described, err := c.changed(a, cat, photos)
		if err != nil {
			return sum, err
		}
		if photos = described.embed; len(described.again) > 0 {
			done, err := w.Apply(a.ctx, index.Change{Put: described.again})
			if err != nil {
				return sum, err
			}
			sum.Replaced = done.Replaced
		}
		if len(photos) == 0 {
			return sum, nil
		}
		if name, err = c.embedInto(a, e, photos, c.Index); err != nil {
			return sum, err
		}
	}
	entries, err := c.read(a, cat, photos, name)
	if err != nil {
		return sum, err
	}
	defer entries.rows.Close()
	if err := vectors.Compare("the index "+c.Index, w.Origin(), "the vectors "+name, entries.rows.Origin); err != nil {
		return sum, err
	}
	update, finish := a.progress("adding")
	defer finish()
	var put []index.Entry
	flush := func() error {
		done, err := w.Apply(a.ctx, index.Change{Put: put})
		if err != nil {
			return err
		}
		sum.Added, sum.Replaced, put = sum.Added+done.Added, sum.Replaced+done.Replaced, put[:0]
		update(sum.Added+sum.Replaced, len(entries.rows.IDs))
		return nil
	}
	for e, err := range entries.all() {
		if err != nil {
			return sum, err
		}
		if put = append(put, e); len(put) == changeSize {
			if err := flush(); err != nil {
				return sum, err
			}
		}
	}
	if err := flush(); err != nil {
		return sum, err
	}
	if c.Vectors != "" {
		return sum, nil
	}
	return sum, os.RemoveAll(filepath.Dir(embedded(c.Index)))
}

// embedder is the one that the index was made with, or that of the flags.
func (c *indexAddCommand) embedder(a *app, of *vectors.Origin) (embed.Embedder, error) {
	if of.Known() {
		return c.as(a, c.Index, of)
	}
	e, _, err := c.networkFlags.open(a)
	return e, err
}

// difference is what of a split an index does not have as it is.
type difference struct {
	embed []embed.Photo // whose files the index does not have
	again []index.Entry // whose files it has, but whose rows were others
}

// changed compares the photos with what the index has.
func (c *indexAddCommand) changed(a *app, cat *catalog.Catalog, photos []embed.Photo) (d difference, err error) {
	described, err := rowsOf(cat, photos)
	if err != nil {
		return d, err
	}
	ix, err := index.Open(c.Index)
	if err != nil {
		return d, err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	for _, p := range photos {
		had, err := s.Photo(a.ctx, p.ID)
		if err != nil && !errors.Is(err, index.ErrUnknown) {
			return d, err
		}
		if now, failed := stamp.Of(p.File); err != nil || failed != nil || had.Digest != hex.EncodeToString(now.SHA256[:]) {
			d.embed = append(d.embed, p)
			continue
		}
		row := described[p.ID]
		row.Digest = had.Digest
		if reflect.DeepEqual(row, had) {
			continue
		}
		v, err := s.Vector(a.ctx, p.ID)
		if err != nil {
			return d, err
		}
		d.again = append(d.again, index.Entry{Photo: row, Vector: v})
	}
	return d, nil
}

// indexCounts is the JSON of a change.
func (a *app) indexCounts(dir string, more map[string]any) error {
	ix, err := index.Open(dir)
	if err != nil {
		return err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	i, err := s.Info(a.ctx)
	if err != nil {
		return err
	}
	more["photos"], more["products"], more["dim"], more["network"] = i.Photos, i.Products, i.Dim, i.Network
	return a.result(more)
}

type indexRemoveCommand struct {
	Index string   `arg:"" help:"The index's folder." placeholder:"DIR"`
	IDs   []string `arg:"" name:"id" optional:"" help:"The photos' ids." placeholder:"ID"`
	List  string   `help:"A file of ids, one a line." placeholder:"FILE"`
}

// Run removes photos.
func (c *indexRemoveCommand) Run(a *app) error {
	ids := slices.Clone(c.IDs)
	if c.List != "" {
		more, err := vectors.ReadIDs(c.List)
		if err != nil {
			return err
		}
		ids = append(ids, more...)
	}
	if len(ids) == 0 {
		return misuse{errors.New("name the photos to be removed by their ids, or a file of ids by --list")}
	}
	w, err := index.OpenWriter(c.Index)
	if err != nil {
		return err
	}
	done, err := w.Apply(a.ctx, index.Change{Remove: ids})
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if n := len(done.Missing); n > 0 {
		a.log(fmt.Sprintf("%d of the ids are not in the index, %s the first", n, done.Missing[0]))
	}
	a.say("%d photos were removed from %s", done.Removed, c.Index)
	return a.indexCounts(c.Index, map[string]any{"removed": done.Removed, "missing": len(done.Missing)})
}

type indexInfoCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
}

// Run shows what an index holds.
func (c *indexInfoCommand) Run(a *app) error {
	ix, err := index.Open(c.Index)
	if err != nil {
		return err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	i, err := s.Info(a.ctx)
	if err != nil {
		return err
	}
	return a.indexInfo(c.Index, i)
}

type indexVerifyCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
}

// Run checks an index.
func (c *indexVerifyCommand) Run(a *app) error {
	update, finish := a.progress("verifying")
	v, err := index.Verify(a.ctx, c.Index, update)
	finish()
	if err != nil {
		return err
	}
	a.say("%s is whole: %d photos, %d of them with codes in %d segments, %d removed ones masked", c.Index,
		v.Photos, v.Rows, v.Segments, v.Removed)
	return a.result(v)
}

type indexCompactCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
}

// Run compacts an index.
func (c *indexCompactCommand) Run(a *app) error {
	w, err := index.OpenWriter(c.Index)
	if err != nil {
		return err
	}
	err = w.Compact(a.ctx)
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	info := indexInfoCommand(*c)
	return info.Run(a)
}

type indexExportCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
	Out   string `required:"" help:"${index_export}" placeholder:"DIR"`
}

// Run exports an index.
func (c *indexExportCommand) Run(a *app) error {
	lock, err := onewriter.LockFolder(c.Out)
	if err != nil {
		return err
	}
	defer lock.Release()
	of, err := filepath.Abs(c.Index)
	if err != nil {
		return err
	}
	made := catalog.Made{By: "an index's export", Of: of}
	if err := made.Check(c.Out, catalog.PhotosFile); err != nil {
		return err
	}
	ix, err := index.Open(c.Index)
	if err != nil {
		return err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	if err := made.Write(c.Out); err != nil {
		return err
	}
	if err := s.Export(a.ctx, c.Out); err != nil {
		return err
	}
	a.say("%d photos with their vectors are in %s: index.npy, index.ids and photos.csv", s.Photos(), c.Out)
	return a.result(map[string]any{"photos": s.Photos(), "dim": ix.Dim(), "vectors": s.Photos()})
}
