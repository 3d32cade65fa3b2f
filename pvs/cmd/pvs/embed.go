package main

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type embedCommand struct {
	networkFlags
	Catalog string `arg:"" help:"The catalogue folder." placeholder:"DIR"`
	Split   string `required:"" help:"train, val, index or query."`
	Out     string `required:"" help:"Name of the vectors: NAME.npy and NAME.ids are written." placeholder:"NAME"`
	SkipBad bool   `help:"Leave out rows and photos that cannot be read."`
}

// Run embeds a split.
func (c *embedCommand) Run(a *app) error {
	split, err := catalog.ParseSplit(c.Split)
	if err != nil {
		return err
	}
	cat, err := catalog.Open(c.Catalog, catalog.Options{SkipBad: c.SkipBad})
	if err != nil {
		return err
	}
	a.list("rows of photos.csv", problemLines(cat.Skipped))
	photos := embed.PhotosOf(cat, split)
	if len(photos) == 0 {
		return fmt.Errorf("the catalogue %s has no photos in the split %s", c.Catalog, split)
	}
	if err := vectors.Free(c.Out); err != nil { // before the network is got ready; the writer locks it
		return err
	}
	e, _, _, err := c.open(a)
	if err != nil {
		return err
	}
	result, err := embedPhotos(a, e, photos, c.Out, c.SkipBad)
	if err != nil {
		return err
	}
	a.say("%d vectors of dimension %d are in %s.npy (%d embedded now, %.1f images/s)", result.Vectors, e.Dim(), c.Out, result.New, result.ImagesPerSecond)
	return a.result(map[string]any{"vectors": result.Vectors, "dim": e.Dim(), "images_per_second": result.ImagesPerSecond,
		"skipped": len(result.Skipped) + len(cat.Skipped)})
}

// embedPhotos embeds with a progress bar and lists what was left out.
func embedPhotos(a *app, e embed.Embedder, photos []embed.Photo, name string, skipBad bool) (embed.Result, error) {
	update, finish := a.progress("embedding")
	result, err := embed.Run(a.ctx, e, photos, name, embed.RunOptions{SkipBad: skipBad, Progress: update})
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
