package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/janpfeifer/must"

	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Drawn returns a catalogue of drawn products that notebooks share: 200 (24 at smoke
// scale) with query and index photos, and 400 (40) others to train and to validate
// with. It is drawn once, which takes a minute on two cores.
func Drawn(ctx context.Context) *catalog.Catalog {
	search, train := Scaled(24, 200), Scaled(40, 400)
	dir := Folder(fmt.Sprintf("drawn-%d-%d", search, train))
	if _, err := os.Stat(filepath.Join(dir, catalog.PhotosFile)); err != nil { // it is written last
		update, finish := Progress("drawing photos")
		opts := studio.Options{Seed: 1, Search: search, Style: studio.Style{Size: 240}}
		must.M1(studio.Photograph(ctx, dir, synth.Catalog(opts.Seed, search+train), opts, update))
		finish()
	}
	return must.M1(catalog.Open(dir, catalog.Options{}))
}
