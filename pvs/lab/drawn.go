package lab

import (
	"context"

	"github.com/janpfeifer/must"

	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Drawn returns a catalogue of drawn products that notebooks share: 200 (24 at smoke
// scale) with query and index photos, and 400 (40) others to train and to validate
// with. What is not there yet is drawn, which takes a minute on two cores.
func Drawn(ctx context.Context) *catalog.Catalog {
	dir := Folder("drawn")
	search, train := Scaled(24, 200), Scaled(40, 400)
	update, finish := Progress("drawing photos")
	opts := studio.Options{Seed: 1, Search: search, Style: studio.Style{Size: 240}}
	must.M1(studio.Photograph(ctx, dir, synth.Catalog(opts.Seed, search+train), opts, update))
	finish()
	return must.M1(catalog.Open(dir, catalog.Options{}))
}
