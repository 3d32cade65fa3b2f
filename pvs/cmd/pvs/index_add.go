package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

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
	var done index.Changed
	err = a.changeIndex(c.Index, func(w *index.Writer) (err error) {
		if o := w.Origin(); o.Known() && o.Augmented != "" {
			a.log(fmt.Sprintf("the vectors of %s were augmented, %s, before it was made of them: those of photos that "+
				"are added now are not, until it is made again", c.Index, o.Augmented))
		}
		done, err = c.add(a, w, cat, photos)
		return err
	})
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
	err = readIndex(c.Index, func(s *index.Snapshot) error {
		for _, p := range photos {
			had, err := s.Photo(a.ctx, p.ID)
			if err != nil && !errors.Is(err, index.ErrUnknown) {
				return err
			}
			now, failed := stamp.Of(p.File)
			if err != nil || failed != nil || had.Digest != hex.EncodeToString(now.SHA256[:]) {
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
				return err
			}
			d.again = append(d.again, index.Entry{Photo: row, Vector: v})
		}
		return nil
	})
	return d, err
}
