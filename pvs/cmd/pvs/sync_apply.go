package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/shopfeed"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// apply brings an index to the state of a catalogue, in one transaction. Photos of the index that the catalogue never
// had are left alone.
func (c *syncCommand) apply(a *app, u *shopfeed.Update, report *syncReport) error {
	photos := embed.PhotosOf(u.After, catalog.Index)
	described, err := rowsOf(u.After, photos)
	if err != nil {
		return err
	}
	for id, row := range described {
		row.Digest = u.Digests[id]
		described[id] = row
	}
	err = a.changeIndex(c.Index, func(w *index.Writer) error {
		change, fresh, err := c.difference(a, u, photos, described)
		if err != nil {
			return err
		}
		if len(fresh) > 0 {
			put, err := c.embed(a, w, fresh, described, report)
			if err != nil {
				return err
			}
			change.Put = append(change.Put, put...)
		}
		report.Unchanged = len(photos) - len(change.Put) - report.Failed
		if len(change.Put)+len(change.Remove) == 0 {
			return nil
		}
		done, err := w.Apply(a.ctx, change)
		if err != nil {
			return err
		}
		report.Added, report.Changed, report.Removed = done.Added, done.Replaced, done.Removed
		return nil
	})
	if err != nil {
		return err
	}
	return readIndex(c.Index, func(s *index.Snapshot) error {
		info, err := s.Info(a.ctx)
		if err == nil {
			report.Photos, report.Products = info.Photos, info.Products
		}
		return err
	})
}

// difference is what a catalogue changes of an index without embedding, and which photos are to be embedded.
func (c *syncCommand) difference(a *app, u *shopfeed.Update, photos []embed.Photo,
	described map[string]index.Photo) (change index.Change, fresh []embed.Photo, err error) {
	err = readIndex(c.Index, func(s *index.Snapshot) error {
		for _, p := range photos {
			row := described[p.ID]
			had, err := s.Photo(a.ctx, p.ID)
			switch {
			case errors.Is(err, index.ErrUnknown) || err == nil && (had.Digest == "" || had.Digest != row.Digest):
				fresh = append(fresh, p)
				continue
			case err != nil:
				return err
			case reflect.DeepEqual(row, had):
				continue
			}
			v, err := s.Vector(a.ctx, p.ID)
			if err != nil {
				return err
			}
			change.Put = append(change.Put, index.Entry{Photo: row, Vector: v})
		}
		for _, old := range u.Before.Split(catalog.Index) {
			if _, stays := described[old.ID]; stays {
				continue
			}
			_, err := s.Photo(a.ctx, old.ID)
			if errors.Is(err, index.ErrUnknown) {
				continue
			}
			if err != nil {
				return err
			}
			change.Remove = append(change.Remove, old.ID)
		}
		return nil
	})
	return change, fresh, err
}

// embed embeds photos by the network that the index was made with. Those that cannot be are noted in the report.
func (c *syncCommand) embed(a *app, w *index.Writer, photos []embed.Photo, described map[string]index.Photo,
	report *syncReport) (put []index.Entry, err error) {
	add := indexAddCommand{networkFlags: c.networkFlags, Index: c.Index}
	e, err := add.embedder(a, w.Origin())
	if err != nil {
		return nil, err
	}
	verb := embedCommand{Catalog: c.Catalog, Split: string(catalog.Index), Out: embedded(c.Index), SkipBad: true}
	result, err := verb.embed(a, e, photos)
	if err != nil {
		return nil, err
	}
	report.Failed += len(result.Skipped)
	report.Failures = append(report.Failures, result.Skipped...)
	if result.Vectors == 0 {
		return nil, nil
	}
	rows, err := vectors.OpenRows(verb.Out)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if err := rows.Verify(); err != nil {
		return nil, err
	}
	if err := vectors.Compare("the index "+c.Index, w.Origin(), "the photos of "+c.Catalog, rows.Origin); err != nil {
		return nil, err
	}
	for e, err := range (&entries{rows, described}).all() {
		if err != nil {
			return nil, err
		}
		put = append(put, e)
	}
	if err := os.RemoveAll(filepath.Dir(verb.Out)); err != nil {
		return nil, fmt.Errorf("removing what was embedded on the way: %w", err)
	}
	return put, nil
}
