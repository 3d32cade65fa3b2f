package main

import (
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/fit"
)

// heads fits a head to the vectors of a network in an ONNX file, which stays as it is.
func (c *fitCommand) heads(a *app, cat *catalog.Catalog, recipe fit.Recipe) error {
	flags := c.flags()
	flags.Shrunk = new(true)
	e, err := flags.onnx(a)
	if err != nil {
		return err
	}
	losses, err := a.engine(backend.Training, engine.Request{})
	if err != nil {
		return err
	}
	r, err := fit.Heads(a.ctx, cat, e, c.Out, fit.HeadsOptions{Backend: losses.Backend, Budget: c.Budget, Recipe: recipe,
		Log: a.log, Progress: a.progress, Search: a.searchBackend})
	if err != nil {
		return err
	}
	c.report(a, r)
	if r.Kept {
		before, index := filepath.Join(c.Out, "before", "index"), filepath.Join(c.Out, "index")
		a.say("an index with it: pvs vectors whiten %s --by %s --out %s", before, r.Checkpoint, index)
		a.say("and a search:     pvs search --index %s --image PHOTO", index)
	}
	return a.result(r)
}
