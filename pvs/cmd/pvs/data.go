package main

import (
	"github.com/gopvs/product-visual-search/data/kicad"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
)

type dataCommand struct {
	Synth synthCommand `cmd:"" help:"Draw products in 70 categories; any number, reproducible from a seed."`
	Kicad kicadCommand `cmd:"" help:"Photograph real electronic parts, from Debian's kicad-packages3d."`
}

// drawFlags are those of every drawn catalogue.
type drawFlags struct {
	Out  string `required:"" help:"The catalogue folder." placeholder:"DIR"`
	Seed uint64 `default:"1" help:"Of products and photos."`
	Size int    `default:"320" help:"Longer side of a photo in pixels, about."`
}

// draw photographs products and reports.
func (f drawFlags) draw(a *app, products studio.Products, search int, style studio.Style) (studio.Summary, error) {
	style.Size = f.Size
	update, finish := a.progress("photographing products")
	summary, err := studio.Photograph(a.ctx, f.Out, products, studio.Options{Seed: f.Seed, Search: search, Style: style}, update)
	finish()
	return summary, err
}

type synthCommand struct {
	drawFlags
	Products int `default:"300" help:"Products with query and index photos."`
	Train    int `default:"0" help:"Further products for train and val, with categories but without product ids."`
}

// Run draws a catalogue.
func (c *synthCommand) Run(a *app) error {
	summary, err := c.draw(a, synth.Catalog(c.Seed, c.Products+c.Train), c.Products, studio.Style{})
	if err != nil {
		return err
	}
	a.say("%d photos of %d products in %d categories are in %s (%d drawn now)", summary.Photos, summary.Products, summary.Categories, c.Out, summary.Drawn)
	return a.result(summary)
}

type kicadCommand struct {
	drawFlags
	Limit int    `default:"300" help:"Parts with query and index photos."`
	Train int    `default:"0" help:"Further parts for train and val."`
	From  string `help:"The package's .deb file or a folder of .wrl files, instead of a download." placeholder:"PATH"`
}

// Run photographs electronic parts.
func (c *kicadCommand) Run(a *app) error {
	products, err := kicad.Products(a.ctx, kicad.Options{Limit: c.Limit + c.Train, Seed: c.Seed, From: c.From}, a.log)
	if err != nil {
		return err
	}
	summary, err := c.draw(a, products, min(c.Limit, len(products)), studio.Style{Tumble: true, Plain: 1})
	if err != nil {
		return err
	}
	a.say("%d photos of %d parts in %d libraries are in %s (%d drawn now)", summary.Photos, summary.Products, summary.Categories, c.Out, summary.Drawn)
	return a.result(summary)
}
