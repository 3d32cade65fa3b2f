package dataset

import (
	"fmt"
	"os"
	"path/filepath"
)

// part reads one part of a set and makes sure that it has photos: a search without
// queries, or training on nothing, would fail only much later.
func (im *importing) part(name string, read func() error) error {
	photos, problems := im.sink.summary.Photos, im.sink.problems.n
	if err := read(); err != nil {
		return err
	}
	bad := im.sink.problems.n - problems
	if im.sink.summary.Photos > photos || im.sink.problems.n > 0 && !im.opts.SkipBad {
		return nil // with problems the import ends in their count
	}
	if bad > 0 {
		return fmt.Errorf("no photo of its part %s is left: all %d are bad%s", name, bad, im.sink.problems.listed())
	}
	return fmt.Errorf("its part %s has no photos", name)
}

// first returns the first of some files, by their paths in the source, that is there.
func (im *importing) first(files ...string) (string, bool) {
	for _, f := range files {
		if info, err := os.Stat(filepath.Join(im.tree.root, f)); err == nil && info.Mode().IsRegular() {
			return f, true
		}
	}
	return "", false
}
