package main

import (
	"fmt"

	"github.com/gopvs/product-visual-search/data/furniture"
	"github.com/gopvs/product-visual-search/data/studio"
)

type furnitureCommand struct {
	drawFlags
	Products int    `min:"0" default:"300" help:"Products with query and index photos."`
	Train    int    `min:"0" default:"0" help:"${data_furniture_train}"`
	From     string `help:"${data_furniture_from}" placeholder:"PATH"`
}

// Run photographs furniture.
func (c *furnitureCommand) Run(a *app) error {
	if c.Products+c.Train == 0 {
		return misuse{errNoProducts}
	}
	goods, err := furniture.Open(a.ctx, furniture.Options{Limit: c.Products + c.Train, Seed: c.Seed, From: c.From}, a.log)
	if err != nil {
		return err
	}
	defer goods.Close()
	if n := len(goods.Products); n < c.Products+c.Train {
		a.log(fmt.Sprintf("there are models of %d products, not of %d", n, c.Products+c.Train))
	}
	maker := ofFurniture
	if c.From != "" {
		maker += " --from " + c.From
	}
	summary, err := c.draw(a, goods.Products, studio.Options{Search: min(c.Products, len(goods.Products)), Maker: maker,
		Beside: goods.Credits()})
	if err != nil {
		return err
	}
	if notes := goods.Notes(); len(notes) > 0 {
		a.log(fmt.Sprintf("models lack %d things, which are drawn without: %s", len(notes), notes[0]))
	}
	a.say("%d photos of %d products in %d categories are in %s (%d drawn now); %s there names the models' authors",
		summary.Photos, summary.Products, summary.Categories, c.Out, summary.Drawn, furniture.CreditsFile)
	return a.result(summary)
}
