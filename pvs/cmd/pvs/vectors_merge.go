package main

import (
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
)

type vectorsMergeCommand struct {
	Catalog string   `arg:"" help:"The catalogue folder; its photos are not read." placeholder:"DIR"`
	Parts   []string `arg:"" name:"part" help:"Names of the parts, in any order (pvs embed --part)."`
	Split   string   `required:"" help:"train, val, index or query."`
	Out     string   `required:"" help:"${embed_out}" placeholder:"NAME"`
	SkipBad bool     `help:"Leave out rows that cannot be read, as the parts did."`
}

// Run puts the parts of a split together.
func (c *vectorsMergeCommand) Run(a *app) error {
	split, err := catalog.ParseSplit(c.Split)
	if err != nil {
		return misuse{err}
	}
	if err := checkOut(c.Out, c.Parts...); err != nil {
		return err
	}
	cat, err := a.openCatalog(c.Catalog, c.SkipBad)
	if err != nil {
		return err
	}
	update, finish := a.progress("merging")
	r, err := embed.Merge(a.ctx, c.Parts, embed.PhotosOf(cat, split), c.Out,
		embed.RunOptions{Catalog: c.Catalog, Split: split, Progress: update})
	finish()
	if err != nil {
		return err
	}
	a.list("photos", r.Skipped)
	a.say("%d vectors of %d parts are in %s.npy (%d written now)", r.Vectors, len(c.Parts),
		strings.TrimSuffix(c.Out, ".npy"), r.New+r.Changed)
	return a.result(map[string]any{"vectors": r.Vectors, "parts": len(c.Parts), "new": r.New + r.Changed,
		"skipped": len(r.Skipped) + len(cat.Skipped)})
}
