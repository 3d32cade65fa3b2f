package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

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
		if c.Shrunk == nil {
			c.Shrunk = new(true)
		}
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
		if err := c.takeWhitening(entries.rows.Origin); err != nil {
			return err
		}
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

// takeWhitening copies what whitened the vectors into the folder, so that photos are searched for as they are.
func (c *indexCreateCommand) takeWhitening(o *vectors.Origin) error {
	w, _, err := whiteningOf(c.Vectors, o)
	if w == nil || err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	if err := onewriter.FreeFolder(c.Out); err != nil {
		return err
	}
	return writeWhitening(w, whiteningIn(c.Out))
}
