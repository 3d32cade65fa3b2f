package main

import (
	"errors"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/whiten"
)

type vectorsWhitenCommand struct {
	Vectors   string  `arg:"" help:"Name of the vectors: those of an index, or with --by those of queries."`
	Out       string  `required:"" help:"${vectors_whiten_out}" placeholder:"NAME"`
	By        string  `help:"${vectors_by}" placeholder:"NAME"`
	Dim       int     `min:"1" help:"${vectors_dim}"`
	Shrinkage float64 `min:"0" max:"1" default:"0.5" help:"${vectors_shrinkage}"`
}

// Validate refuses to learn by a whitening that is there.
func (c *vectorsWhitenCommand) Validate() error {
	if c.By != "" && c.Dim > 0 {
		return errors.New("--by names a whitening that has its dimension: leave out --dim, or --by")
	}
	return nil
}

// Run whitens vectors.
func (c *vectorsWhitenCommand) Run(a *app) error {
	if err := checkOut(c.Out, c.Vectors); err != nil {
		return err
	}
	source, err := a.readSource(c.Vectors)
	if err != nil {
		return err
	}
	w, how, err := c.whitening(a, source)
	if err != nil {
		return err
	}
	set, err := w.Apply(source.Set)
	if err != nil {
		return err
	}
	made := &madeVectors{out: c.Out, key: fmt.Sprintf("whitened %s of %s", w.Digest(), source.digest()), of: source,
		origin: set.Origin, dim: w.Out, whitening: w, rows: rowsOfSet(set)}
	if err := made.write(a); err != nil {
		return err
	}
	return made.report(a, how, map[string]any{"whitening": whiteningFile(c.Out), "learned_on": w.Rows})
}

// whitening learns one, or reads the one that is named.
func (c *vectorsWhitenCommand) whitening(a *app, source *vectorSource) (w *whiten.Whitening, how string, err error) {
	if c.By == "" {
		a.log(fmt.Sprintf("learning the whitening of %d vectors of dimension %d", source.Len(), source.Dim))
		w, err = whiten.Learn(source.Set, whiten.Options{Dim: c.Dim, Shrinkage: c.Shrinkage})
		if err != nil {
			return nil, "", err
		}
		return w, fmt.Sprintf("whitened, as learned on %d of them, with %s", w.Rows, whiteningFile(c.Out)), nil
	}
	if w, err = whiten.Read(whiteningFile(c.By)); err != nil {
		return nil, "", err
	}
	return w, "whitened by " + whiteningFile(c.By), nil
}
