package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/vectors/exchange"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

type convertCommand struct {
	In      string `arg:"" help:"${convert_in}" placeholder:"IN"`
	Out     string `arg:"" help:"NAME.npy, NAME.parquet, or NAME.tfrecord for shards and a manifest." placeholder:"OUT"`
	IDs     string `name:"ids" help:"${convert_ids}" placeholder:"FILE"`
	ShardMB int64  `min:"1" max:"1048576" name:"shard-mb" default:"128" help:"About the size of a TFRecord shard."`
	SkipBad bool   `help:"Leave out damaged records and vectors."`
}

// Run converts embeddings.
func (c *convertCommand) Run(a *app) error {
	if err := exchange.CheckNames(c.In, c.Out); err != nil {
		return misuse{err}
	}
	if err := mayWriteWhitening(whiteningBeside(c.Out)); err != nil {
		return err
	}
	update, finish := a.progress("converting")
	s, err := exchange.Convert(a.ctx, c.In, c.Out, exchange.Options{IDs: c.IDs, ShardBytes: c.ShardMB << 20,
		SkipBad: c.SkipBad, Progress: update, Log: a.log})
	finish()
	if err != nil {
		return err
	}
	a.list("records", s.Skipped)
	for _, note := range s.Notes {
		a.log(note)
	}
	if err := c.carryWhitening(a, s.Origin); err != nil {
		return err
	}
	if !s.Origin.Known() {
		a.log(fmt.Sprintf("%s does not say what made the vectors, so neither does %s", c.In, c.Out))
	}
	out := map[string]any{"vectors": s.Vectors, "dim": s.Dim, "skipped": len(s.Skipped)}
	at := c.Out
	if s.Shards > 0 {
		out["shards"] = s.Shards
		at = fmt.Sprintf("%d shards: %s", s.Shards, s.Manifest)
	}
	a.say("%d vectors of dimension %d are in %s", s.Vectors, s.Dim, at)
	return a.result(out)
}

// carryWhitening copies what whitened the vectors, so that a search in the new ones whitens queries too.
func (c *convertCommand) carryWhitening(a *app, o *vectors.Origin) error {
	if !whiten.Whitened(o) {
		return nil
	}
	w, _, err := whiteningIs(whiteningBeside(c.In), c.In, o)
	if err != nil {
		a.log(fmt.Sprintf("converted without their whitening: %v", err)) // the vectors are whole all the same
		return nil
	}
	file := whiteningBeside(c.Out)
	a.log(fmt.Sprintf("what whitened the vectors is in %s", file))
	return writeWhitening(w, file)
}

// whiteningBeside is where the whitening of vectors is kept in any of their formats: NAME.whiten is of NAME.npy alone.
func whiteningBeside(file string) string {
	switch ext := filepath.Ext(file); strings.ToLower(ext) {
	case ".npy":
		return whiteningFile(file)
	case ".parquet":
		return file + ".whiten"
	default: // records, by their manifest NAME.json, a shard or NAME.tfrecord
		return strings.TrimSuffix(file, ext) + ".tfrecord.whiten"
	}
}
