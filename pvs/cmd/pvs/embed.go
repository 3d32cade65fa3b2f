package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type embedCommand struct {
	networkFlags
	Catalog string       `arg:"" help:"The catalogue folder." placeholder:"DIR"`
	Split   string       `required:"" help:"train, val, index or query."`
	Out     string       `required:"" help:"${embed_out}" placeholder:"NAME"`
	Part    catalog.Part `help:"${embed_part}" placeholder:"I/N"`
	SkipBad bool         `help:"Leave out rows and photos that cannot be read."`
}

// Validate refuses parts that could not be merged.
func (c *embedCommand) Validate() error {
	if c.Part.Of > 0 && c.precision() == effnet.Int8 {
		return errors.New("in int8 each part would be calibrated on its own photos: leave out --part, or --precision")
	}
	return c.networkFlags.Validate()
}

// Run embeds a split.
func (c *embedCommand) Run(a *app) error {
	split, err := catalog.ParseSplit(c.Split)
	if err == nil {
		err = vectors.CheckName(c.Out)
	}
	if err != nil {
		return misuse{err}
	}
	cat, err := a.openCatalog(c.Catalog, c.SkipBad)
	if err != nil {
		return err
	}
	a.list("rows of photos.csv", problemLines(cat.Skipped))
	photos := embed.PhotosOf(cat, split)
	if len(photos) == 0 {
		return fmt.Errorf("the catalogue %s has no photos in the split %s", c.Catalog, split)
	}
	photos = slices.DeleteFunc(photos, func(p embed.Photo) bool { return !c.Part.Has(p.ID) })
	if len(photos) == 0 {
		return fmt.Errorf("no photo of the split %s is in the part %s: divide it into fewer parts", split, c.Part)
	}
	if err := vectors.Free(c.Out); err != nil { // before the network is got ready; the writer locks it
		return err
	}
	e, _, err := c.open(a)
	if err != nil {
		return err
	}
	if err := c.replacing(a, e); err != nil {
		return err
	}
	result, err := c.embed(a, e, photos)
	if err != nil {
		return err
	}
	now := fmt.Sprintf("%d embedded now, %.1f images/s", result.New, result.ImagesPerSecond)
	if result.New == 0 {
		now = "no photo has changed since they were embedded"
	}
	a.say("%d vectors of dimension %d are in %s.npy (%s)", result.Vectors, e.Dim(), strings.TrimSuffix(c.Out, ".npy"), now)
	return a.result(map[string]any{"vectors": result.Vectors, "dim": e.Dim(), "images_per_second": result.ImagesPerSecond,
		"skipped": len(result.Skipped) + len(cat.Skipped)})
}

// replacing says what vectors of another network, or of other photos, are replaced.
func (c *embedCommand) replacing(a *app, e embed.Embedder) (err error) {
	by := e.Origin()
	by.Split = c.Split
	if by.Catalog, err = filepath.Abs(c.Catalog); err != nil {
		return err
	}
	if line := vectors.Replacing(c.Out, &by); line != "" {
		a.log(line)
	}
	return nil
}

// embed embeds with a progress bar and lists what was left out.
func (c *embedCommand) embed(a *app, e embed.Embedder, photos []embed.Photo) (embed.Result, error) {
	update, finish := a.progress("embedding")
	result, err := embed.Run(a.ctx, e, photos, c.Out, embed.RunOptions{SkipBad: c.SkipBad, Progress: update, Log: a.log,
		Catalog: c.Catalog, Split: catalog.Split(c.Split), Part: c.Part})
	finish()
	a.list("photos", result.Skipped)
	return result, err
}

func problemLines(problems []catalog.Problem) []string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return lines
}
