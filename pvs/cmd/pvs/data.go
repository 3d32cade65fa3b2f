package main

import (
	"errors"
	"path/filepath"

	"github.com/gopvs/product-visual-search/data/clusters"
	"github.com/gopvs/product-visual-search/data/defects"
	"github.com/gopvs/product-visual-search/data/kicad"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
)

type dataCommand struct {
	Synth     synthCommand     `cmd:"" help:"Draw products in 70 categories; any number, reproducible from a seed."`
	Kicad     kicadCommand     `cmd:"" help:"Photograph real electronic parts, from Debian's kicad-packages3d."`
	Furniture furnitureCommand `cmd:"" help:"${data_furniture}"`
	Defects   defectsCommand   `cmd:"" help:"Spoil a copy of a catalogue in known ways, to try out pvs check."`
	Planted   plantedCommand   `cmd:"" help:"Spoil queries of a catalogue in known ways, to try out pvs explain."`
	Vectors   vectorsCommand   `cmd:"" help:"${data_vectors}"`
}

// drawFlags are those of every drawn catalogue.
type drawFlags struct {
	Out  string `required:"" help:"The catalogue folder." placeholder:"DIR"`
	Seed uint64 `default:"1" help:"Of products and photos."`
	Size int    `min:"16" max:"8192" default:"320" help:"Longer side of a photo in pixels, about."`
}

// draw photographs products and reports.
func (f drawFlags) draw(a *app, products studio.Products, opts studio.Options) (studio.Summary, error) {
	opts.Seed, opts.Style.Size = f.Seed, f.Size
	update, finish := a.progress("photographing products")
	summary, err := studio.Photograph(a.ctx, f.Out, products, opts, update)
	finish()
	return summary, err
}

// realFlags make a drawn catalogue more like a shop's.
type realFlags struct {
	Close bool `help:"Products fill their photos, as in many shops."`
	Fine  bool `help:"Finer categories, hundreds: by form and colour, or by family of parts."`
}

// options adds what the flags say of photos and categories.
func (f realFlags) options(o studio.Options) studio.Options {
	if f.Close {
		o.Style.MaxFill = studio.Close
	}
	if f.Fine {
		o.Maker += " --fine"
	}
	return o
}

// The makers of drawn catalogues, as their folders note them.
const (
	ofSynth     = "pvs data synth"
	ofKicad     = "pvs data kicad"
	ofFurniture = "pvs data furniture"
)

// errNoProducts says that all numbers of products are 0, for which some readers know
// another meaning.
var errNoProducts = errors.New("no products make no catalogue: ask for some to search for or some to train on")

type synthCommand struct {
	drawFlags
	realFlags
	Products int `min:"0" default:"300" help:"Products with query and index photos."`
	Train    int `min:"0" default:"0" help:"Further products for train and val, with categories but without product ids."`
}

// Run draws a catalogue.
func (c *synthCommand) Run(a *app) error {
	if c.Products+c.Train == 0 {
		return misuse{errNoProducts}
	}
	products := synth.Catalog
	if c.Fine {
		products = synth.FineCatalog
	}
	summary, err := c.draw(a, products(c.Seed, c.Products+c.Train),
		c.options(studio.Options{Search: c.Products, Maker: ofSynth}))
	if err != nil {
		return err
	}
	a.say("%d photos of %d products in %d categories are in %s (%d drawn now)", summary.Photos, summary.Products,
		summary.Categories, c.Out, summary.Drawn)
	return a.result(summary)
}

type kicadCommand struct {
	drawFlags
	realFlags
	Limit int    `min:"0" default:"300" help:"Parts with query and index photos."`
	Train int    `min:"0" default:"0" help:"Further parts for train and val."`
	From  string `help:"The package's .deb file or a folder of .wrl files, instead of a download." placeholder:"PATH"`
}

// Run photographs electronic parts.
func (c *kicadCommand) Run(a *app) error {
	if c.Limit+c.Train == 0 {
		return misuse{errNoProducts}
	}
	products, err := kicad.Products(a.ctx,
		kicad.Options{Limit: c.Limit + c.Train, Seed: c.Seed, From: c.From, Fine: c.Fine}, a.log)
	if err != nil {
		return err
	}
	maker := ofKicad
	if c.From != "" {
		maker += " --from " + c.From
	}
	summary, err := c.draw(a, products, c.options(studio.Options{Search: min(c.Limit, len(products)), Maker: maker,
		Style: studio.Style{Tumble: true, Plain: 1}}))
	if err != nil {
		return err
	}
	a.say("%d photos of %d parts in %d libraries are in %s (%d drawn now)", summary.Photos, summary.Products,
		summary.Categories, c.Out, summary.Drawn)
	return a.result(summary)
}

type defectsCommand struct {
	Catalog string   `arg:"" help:"The catalogue folder, which stays as it is." placeholder:"DIR"`
	Out     string   `required:"" help:"${defects_out}" placeholder:"DIR"`
	Each    int      `min:"1" default:"20" help:"Defects of each kind."`
	Kinds   []string `help:"${defects_kinds}"`
	Seed    uint64   `default:"1" help:"Of what is spoiled."`
}

// Run spoils a catalogue.
func (c *defectsCommand) Run(a *app) error {
	var kinds []defects.Kind
	for _, k := range c.Kinds {
		kinds = append(kinds, defects.Kind(k))
	}
	if err := defects.CheckKinds(kinds); err != nil {
		return misuse{err}
	}
	cat, err := a.openCatalog(c.Catalog, false)
	if err != nil {
		return err
	}
	made, err := defects.Spoil(a.ctx, cat, c.Out, defects.Options{Seed: c.Seed, Each: c.Each, Kinds: kinds})
	if err != nil {
		return err
	}
	return a.spoiled(c.Out, "defects", "defects", len(made), defects.File)
}

type vectorsCommand struct {
	Out     string  `required:"" help:"Folder for index.npy, query.npy, their ids and truth.csv." placeholder:"DIR"`
	Index   int     `min:"1" default:"1100000" help:"Vectors to search in."`
	Queries int     `min:"1" default:"10000" help:"Queries, each of a product of its own."`
	Dim     int     `min:"2" default:"512" help:"Of the vectors."`
	Spread  float64 `above:"0" default:"1.3" help:"Of a product's photos, where categories have 1: larger is harder."`
	Seed    uint64  `default:"1" help:"Of the vectors."`
}

// Run makes vectors.
func (c *vectorsCommand) Run(a *app) error {
	update, finish := a.progress("making vectors")
	summary, err := clusters.Write(a.ctx, c.Out,
		clusters.Options{Seed: c.Seed, Index: c.Index, Queries: c.Queries, Dim: c.Dim, Photos: c.Spread}, update)
	finish()
	if err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(c.Out, name) }
	a.say("%d vectors and %d queries of dimension %d, of %d products in %d categories, are in %s (%d made now)",
		summary.Vectors, summary.Queries, summary.Dim, summary.Products, summary.Categories, c.Out, summary.New)
	a.say("search: pvs search --index %s --queries %s --out %s", at("index"), at("query"), at("ranked.csv"))
	a.say("score:  pvs evaluate %s --truth %s", at("ranked.csv"), at("truth.csv"))
	return a.result(summary)
}
