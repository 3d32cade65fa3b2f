package main

import (
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/records"
)

type recordsCommand struct {
	Catalog string   `arg:"" help:"The catalogue folder." placeholder:"DIR"`
	Out     string   `required:"" help:"Folder for the shards." placeholder:"DIR"`
	Splits  []string `default:"train,val" help:"The splits to write."`
	Quality int      `min:"1" max:"100" default:"95" help:"Of the JPEGs."`
	Pixels  int      `min:"1" help:"Side to which larger photos are resized; as they are if not given."`
	ShardMB int64    `min:"1" max:"1048576" name:"shard-mb" default:"128" help:"About the size of a shard."`
	SkipBad bool     `help:"Leave out rows and photos that cannot be read."`
}

// Run writes shards. The splits are of one writing, so the folder is locked for all.
func (c *recordsCommand) Run(a *app) error {
	for _, name := range c.Splits {
		if _, err := catalog.ParseSplit(name); err != nil {
			return misuse{err}
		}
	}
	lock, err := onewriter.LockFolder(c.Out)
	if err != nil {
		return err
	}
	defer lock.Release()
	cat, err := a.openCatalog(c.Catalog, c.SkipBad)
	if err != nil {
		return err
	}
	a.list("rows of photos.csv", problemLines(cat.Skipped))
	classes := feed.ClassesOf(cat, catalog.Train)
	total, shards, skipped := 0, 0, len(cat.Skipped)
	for _, name := range c.Splits {
		split := catalog.Split(name)
		update, finish := a.progress("writing " + name)
		m, err := records.Write(a.ctx, cat, split, classes, filepath.Join(c.Out, name),
			records.Options{Quality: c.Quality, Pixels: c.Pixels, ShardBytes: c.ShardMB << 20, SkipBad: c.SkipBad,
				Progress: update, Log: a.log})
		finish()
		if err != nil {
			return err
		}
		a.list("photos", m.Skipped)
		a.say("%d records in %d shards: %s", m.Records, len(m.Shards), filepath.Join(c.Out, name+".json"))
		total, shards, skipped = total+m.Records, shards+len(m.Shards), skipped+len(m.Skipped)
	}
	return a.result(map[string]any{"records": total, "shards": shards, "skipped": skipped})
}
