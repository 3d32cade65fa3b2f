package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/fit"
	"github.com/gopvs/product-visual-search/pvs/labels"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

type fitCommand struct {
	Catalog string        `arg:"" help:"The catalogue folder."`
	Out     string        `required:"" help:"Folder for the result and what is made on the way." placeholder:"DIR"`
	Budget  time.Duration `default:"30m" help:"About how long it may take, as 30m or 2h."`
	Labels  string        `enum:"auto,products,titles,words,categories,none" default:"auto" help:"Learn from: ${enum}."`
	Recipe  string        `default:"recommended" help:"recommended, 3.1, 3.2, 3.3 or a .toml file (docs/fit.md)."`
	SkipBad bool          `help:"Leave out rows and photos that cannot be read."`

	Keep       int    `min:"0" max:"2000" default:"300" help:"${train_keep}" placeholder:"PHOTOS"`
	Pixels     int    `min:"32" max:"1024" help:"${fit_pixels}"`
	Weights    string `help:"keras-b0, timm-b0, lite0 to lite2 or a file; the best that can be had if not given."`
	Model      string `help:"The variant that a weights file is for: b0 to b7, lite0 to lite4, mini."`
	Checkpoint string `help:"A trained run's checkpoint or folder to start from." placeholder:"FILE"`
	onnxFlags
}

// Validate refuses a budget in which nothing can be done.
func (c *fitCommand) Validate() error {
	if c.Budget < 10*time.Second {
		return fmt.Errorf("--budget %s is too short for anything: give minutes, as --budget 30m", c.Budget)
	}
	return c.flags().Validate()
}

// flags are those that name the network.
func (c *fitCommand) flags() *networkFlags {
	return &networkFlags{Weights: c.Weights, Model: c.Model, Checkpoint: c.Checkpoint, Pixels: c.Pixels,
		onnxFlags: c.onnxFlags}
}

// Run makes the search of a catalogue better.
func (c *fitCommand) Run(a *app) error {
	cat, err := a.openCatalog(c.Catalog, c.SkipBad)
	if err != nil {
		return err
	}
	warnOfLeaks(a, cat)
	recipe, err := fit.Find(c.Recipe)
	if err != nil {
		return err
	}
	if c.Labels != "auto" {
		recipe.Labels = labels.Kind(c.Labels)
	}
	if c.Network != "" {
		return c.heads(a, cat, recipe)
	}
	flags := c.flags()
	n, err := flags.load(a)
	if err != nil {
		return err
	}
	training, inference, err := a.engines(effnet.Float32, 1)
	if err != nil {
		return err
	}
	a.log(fmt.Sprintf("%s with the weights of %s trains on %s", n.config.Title, n.path, training.Describe()))
	start := fit.Network{Config: n.config, Values: n.values, From: n.from, Run: n.run, Checkpoint: n.checkpoint,
		Centre: flags.Centre}
	r, err := fit.Run(a.ctx, cat, start, c.Out, fit.Options{Training: training, Inference: inference, Budget: c.Budget,
		Pixels: flags.Pixels, Recipe: recipe, Keep: c.Keep, Log: a.log, Progress: a.progress, Backend: a.searchBackend})
	if err != nil {
		return err
	}
	c.report(a, r)
	if !r.Kept {
		return a.result(r)
	}
	index := filepath.Join(c.Out, "index")
	a.say("an index with it: pvs index create %s --checkpoint %s --split index --out %s", c.Catalog, r.Checkpoint, index)
	a.say("and a search:     pvs search --index %s --image PHOTO%s", index, searchFlags(r.Search))
	return a.result(r)
}

// report says what a fit reached.
func (c *fitCommand) report(a *app, r *fit.Result) {
	a.say("")
	a.say("MAR@10 of %s: before %.3f, after %.3f, difference %+.3f [%+.3f, %+.3f]", r.On, r.Before, r.After,
		r.Difference, r.Low, r.High)
	a.say("%s", r.Reason)
	if r.Gallery != "" {
		a.say("what is found before and after: %s", r.Gallery)
	}
	a.say("done in %s", (time.Duration(r.Seconds) * time.Second).String())
}

// searchFlags are the flags of pvs search that do what was kept.
func searchFlags(after retrieval.After) string {
	flags := ""
	if after.Expand > 0 {
		flags = fmt.Sprintf(" --expand %d", after.Expand)
	}
	if after.Rerank {
		flags += " --rerank"
	}
	return flags
}
