package main

import (
	"path/filepath"

	"github.com/gopvs/product-visual-search/data/planted"
	"github.com/gopvs/product-visual-search/pvs/catalog"
)

type plantedCommand struct {
	Catalog string   `arg:"" help:"The catalogue folder, which stays as it is." placeholder:"DIR"`
	Out     string   `required:"" help:"${defects_out}" placeholder:"DIR"`
	Each    int      `min:"1" default:"10" help:"Queries of each kind."`
	Kinds   []string `help:"${planted_kinds}"`
	Seed    uint64   `default:"1" help:"Of what is spoiled."`
}

// Run spoils queries.
func (c *plantedCommand) Run(a *app) error {
	var kinds []planted.Kind
	for _, k := range c.Kinds {
		kinds = append(kinds, planted.Kind(k))
	}
	if err := planted.CheckKinds(kinds); err != nil {
		return misuse{err}
	}
	cat, err := a.openCatalog(c.Catalog, false)
	if err != nil {
		return err
	}
	made, err := planted.Spoil(a.ctx, cat, c.Out, planted.Options{Seed: c.Seed, Each: c.Each, Kinds: kinds})
	if err != nil {
		return err
	}
	return a.spoiled(c.Out, "planted", "spoiled queries", len(made), planted.File)
}

// spoiled says what a spoiled catalogue holds, and how many things are spoiled in it; key is their name in --json.
func (a *app) spoiled(dir, key, what string, n int, file string) error {
	cat, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		return err
	}
	s, list := cat.Summary(), filepath.Join(dir, file)
	a.say("%d photos with %d %s are in %s; %s lists them", s.Photos, n, what, dir, list)
	return a.result(map[string]any{"photos": s.Photos, "products": s.Products, "categories": s.Categories,
		key: n, "list": list})
}
