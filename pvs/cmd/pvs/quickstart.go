package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

type quickstartCommand struct {
	networkFlags
	Out      string `default:"pvs-quickstart" help:"Folder for everything that is made." placeholder:"DIR"`
	Catalog  string `help:"A catalogue folder of your own instead of a drawn one." placeholder:"DIR"`
	Products int    `min:"1" default:"300" help:"Products to draw."`
	Seed     uint64 `default:"1" help:"Of the drawing."`
}

// Run is the main job: photos in, ranked products and a score out.
func (c *quickstartCommand) Run(a *app) error {
	start := time.Now()
	lock, err := onewriter.LockFolder(c.Out)
	if err != nil {
		return err
	}
	defer lock.Release()
	for _, line := range c.opening() {
		a.say("%s", line)
	}
	e, title, err := c.open(a)
	if err != nil {
		return err
	}
	dir, err := c.catalog(a)
	if err != nil {
		return err
	}
	cat, err := a.openCatalog(dir, false)
	if err != nil {
		return err
	}
	warnOfLeaks(a, cat)
	name := title
	if !c.Baseline && c.Checkpoint == "" && c.Network == "" {
		name += ", ImageNet weights (run 0)"
	}
	opts := retrieval.Options{Backend: a.searchBackend, Progress: a.progress, Log: a.log}
	network, err := retrieval.Score(a.ctx, cat, e, name, filepath.Join(c.Out, "network"), opts)
	if err != nil {
		return err
	}
	baseline, err := retrieval.Score(a.ctx, cat, embed.Histogram{}, "Colour histogram, nothing learned",
		filepath.Join(c.Out, "histogram"), opts)
	if err != nil {
		return err
	}
	g, err := retrieval.Gallery(cat, network, baseline)
	if err != nil {
		return err
	}
	picture, page := filepath.Join(c.Out, "gallery.png"), filepath.Join(c.Out, "gallery.html")
	full := g
	full.Rows = chart.Pick(g.Rows, pageRows/2, pageRows/2)
	if err := full.HTML(page); err != nil {
		return err
	}
	g.Rows = chart.Pick(g.Rows, 4, 4)
	if err := g.PNG(picture); err != nil {
		return err
	}
	ours, theirs := network.Report.MAR(), baseline.Report.MAR()
	a.say("")
	for _, s := range g.Systems {
		a.say("%-48s MAR@10 = %.3f  [%.3f, %.3f]", s.Name, s.MAR, s.Low, s.High)
	}
	a.say("%d queries in %d index photos; every metric: pvs evaluate %s --catalog %s", network.Report.Queries,
		len(cat.Split(catalog.Index)), network.Ranked, dir)
	a.say("picture: %s", picture)
	a.say("page:    %s   (open it in a browser)", page)
	a.say("done in %.0f s", time.Since(start).Seconds())
	return a.result(map[string]any{"mar_at_10": ours.Value, "baseline_mar_at_10": theirs.Value,
		"chart": picture, "gallery": page,
		"queries": network.Report.Queries, "model": title, "seconds": time.Since(start).Seconds()})
}

// opening says what it will do.
func (c *quickstartCommand) opening() []string {
	photos := fmt.Sprintf("draws %d products, embeds their photos", c.Products)
	if c.Catalog != "" {
		photos = fmt.Sprintf("embeds the photos of %s", c.Catalog)
	}
	with, score := "with an EfficientNet that has ImageNet weights (run 0 of the journey)",
		"scores them against a colour histogram"
	switch {
	case c.Baseline:
		with, score = "by a colour histogram, with nothing learned", "scores them"
	case c.Checkpoint != "":
		with = "with the network of " + c.Checkpoint
	case c.Network != "":
		with = "with the network " + c.Network
	}
	time := "The first start takes some minutes on 2 cores, with downloads of 45 MB; the next takes seconds."
	switch {
	case c.Catalog != "":
		time = "The first start takes as long as the photos take to embed; the next takes seconds."
	case c.Baseline:
		time = "The first start takes a minute or two on 2 cores, without a download; the next takes seconds."
	}
	return []string{fmt.Sprintf("This %s %s,", photos, with),
		fmt.Sprintf("finds each query's ten nearest neighbours, %s, and draws a gallery.", score), time}
}

// pageRows keeps the page of the quickstart at some megabytes.
const pageRows = 100

// catalog draws the catalogue, or takes the user's.
func (c *quickstartCommand) catalog(a *app) (string, error) {
	if c.Catalog != "" {
		return c.Catalog, nil
	}
	dir := filepath.Join(c.Out, fmt.Sprintf("catalog-%d-%d", c.Seed, c.Products))
	_, err := drawFlags{Out: dir, Seed: c.Seed, Size: 320}.draw(a, synth.Catalog(c.Seed, c.Products),
		studio.Options{Search: c.Products, Maker: ofSynth})
	return dir, err
}
