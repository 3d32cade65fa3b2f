package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type quickstartCommand struct {
	networkFlags
	Out      string `default:"pvs-quickstart" help:"Folder for everything that is made." placeholder:"DIR"`
	Catalog  string `help:"A catalogue folder of your own instead of a drawn one." placeholder:"DIR"`
	Products int    `default:"300" help:"Products to draw."`
	Seed     uint64 `default:"1" help:"Of the drawing."`
}

// Run is the main job: photos in, ranked products and a score out.
func (c *quickstartCommand) Run(a *app) error {
	start := time.Now()
	a.say("This draws %d products, embeds their photos with an EfficientNet that has ImageNet weights (run 0 of the journey),", c.Products)
	a.say("finds each query's ten nearest neighbours, scores them against a colour histogram, and draws a gallery.")
	a.say("The first start takes some minutes on 2 cores, with downloads of 45 MB; the next takes seconds.")
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fmt.Errorf("making the folder for the results: %w", err)
	}
	e, _, title, err := c.open(a)
	if err != nil {
		return err
	}
	dir, err := c.catalog(a)
	if err != nil {
		return err
	}
	cat, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		return err
	}
	warnOfLeaks(a, cat)
	network, err := scoreSystem(a, cat, e, filepath.Join(c.Out, "network"))
	if err != nil {
		return err
	}
	baseline, err := scoreSystem(a, cat, embed.Histogram{}, filepath.Join(c.Out, "histogram"))
	if err != nil {
		return err
	}
	name := title + ", ImageNet weights (run 0)"
	if c.Baseline {
		name = title
	}
	g := gallery(cat, []named{{name, network}, {"Colour histogram, nothing learned", baseline}})
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
	ours, theirs := network.report.MAR(), baseline.report.MAR()
	a.say("")
	for _, s := range g.Systems {
		a.say("%-48s MAR@10 = %.3f  [%.3f, %.3f]", s.Name, s.MAR, s.Low, s.High)
	}
	a.say("%d queries in %d index photos; every metric: pvs evaluate %s --catalog %s", network.report.Queries, len(cat.Split(catalog.Index)), network.ranked, dir)
	a.say("picture: %s", picture)
	a.say("page:    %s   (open it in a browser)", page)
	a.say("done in %.0f s", time.Since(start).Seconds())
	return a.result(map[string]any{"mar_at_10": ours.Value, "baseline_mar_at_10": theirs.Value, "chart": picture, "gallery": page,
		"queries": network.report.Queries, "model": title, "seconds": time.Since(start).Seconds()})
}

// pageRows keeps the page of the quickstart at some megabytes.
const pageRows = 100

// catalog draws the catalogue, or takes the user's.
func (c *quickstartCommand) catalog(a *app) (string, error) {
	if c.Catalog != "" {
		return c.Catalog, nil
	}
	dir := filepath.Join(c.Out, fmt.Sprintf("catalog-%d-%d", c.Seed, c.Products))
	_, err := drawFlags{Out: dir, Seed: c.Seed, Size: 320}.draw(a, synth.Catalog(c.Seed, c.Products), c.Products, studio.Style{})
	return dir, err
}

// system is what an embedder found.
type system struct {
	results [][]evaluate.Result
	report  *evaluate.Report
	ranked  string // file of the results
}

// scoreSystem embeds, searches and scores.
func scoreSystem(a *app, cat *catalog.Catalog, e embed.Embedder, dir string) (system, error) {
	var s system
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return s, err
	}
	var sets [2]*vectors.Set
	for i, split := range []catalog.Split{catalog.Index, catalog.Query} {
		var err error
		if sets[i], err = embedSplit(a, cat, split, e, dir); err != nil {
			return s, err
		}
	}
	var err error
	if s.results, _, err = searchVectors(a, sets[0], sets[1], 10); err != nil {
		return s, err
	}
	s.ranked = filepath.Join(dir, "ranked.csv")
	if err := evaluate.WriteRanked(s.ranked, each(s.results)); err != nil {
		return s, err
	}
	truth, err := cat.Truth()
	if err != nil {
		return s, err
	}
	s.report, err = evaluate.Score(ranked(s.results), truth, evaluate.Options{})
	return s, err
}

// embedSplit embeds a split, or reads the vectors that an earlier start with the same
// network and photos left.
func embedSplit(a *app, cat *catalog.Catalog, split catalog.Split, e embed.Embedder, dir string) (*vectors.Set, error) {
	photos := embed.PhotosOf(cat, split)
	if len(photos) == 0 {
		return nil, fmt.Errorf("the catalogue %s has no photos in the split %s", cat.Dir, split)
	}
	name := filepath.Join(dir, string(split))
	if err := embedOnce(a, e, photos, name, fmt.Sprintf("%s %d photos of %s", e.Key(), len(photos), cat.Dir)); err != nil {
		return nil, err
	}
	return readUnit(name)
}

// embedOnce embeds photos unless their vectors were kept under the key.
func embedOnce(a *app, e embed.Embedder, photos []embed.Photo, name, key string) error {
	ids := make([]string, len(photos))
	for i, p := range photos {
		ids[i] = p.ID
	}
	if vectors.Kept(name, key, ids) {
		return nil
	}
	if err := vectors.Forget(name); err != nil {
		return err
	}
	if _, err := embedPhotos(a, e, photos, name, false); err != nil {
		return err
	}
	return vectors.Keep(name, key)
}
