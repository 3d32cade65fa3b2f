package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// whiteningIn is where the whitening of an index on disk is kept.
func whiteningIn(dir string) string { return filepath.Join(dir, "index.whiten") }

// whiteningFile is where the whitening of vectors is kept.
func whiteningFile(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, ".npy"), ".whiten") + ".whiten"
}

// whiteningBy is where the whitening of what is searched is kept.
func whiteningBy(index string) string {
	if onDisk(index) {
		return whiteningIn(index)
	}
	return whiteningFile(index)
}

// whiteningOf reads what whitened an index, and says what made its vectors before; nil where it was not whitened.
func whiteningOf(index string, o *vectors.Origin) (*whiten.Whitening, *vectors.Origin, error) {
	if !whiten.Whitened(o) {
		return nil, o, nil
	}
	return whiteningIs(whiteningBy(index), index, o)
}

// whiteningIs reads from a file what whitened vectors, and says what made them before.
func whiteningIs(file, index string, o *vectors.Origin) (*whiten.Whitening, *vectors.Origin, error) {
	w, err := readWhitening(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("the vectors %s are whitened, and %s, by which, is not there: copy it from where they "+
			"were made, or whiten them again", index, file)
	}
	if err != nil {
		return nil, nil, err
	}
	before, ok := w.Before(o)
	if !ok {
		return nil, nil, fmt.Errorf("%s is not what whitened the vectors %s: whiten them again", file, index)
	}
	return w, before, nil
}

// readWhitening reads a whitening; an error that is fs.ErrNotExist says that there is none.
func readWhitening(file string) (*whiten.Whitening, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	return whiten.Read(file)
}

// writeWhitening keeps what whitened vectors. Another program's file in its place is an error.
func writeWhitening(w *whiten.Whitening, file string) error {
	if err := mayWriteWhitening(file); err != nil {
		return err
	}
	return w.Write(file)
}

// mayWriteWhitening makes sure that only a whitening is replaced.
func mayWriteWhitening(file string) error {
	if _, err := readWhitening(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; or remove it, or name the vectors differently", err)
	}
	return nil
}

// whitenedAs whitens queries that are as the index was before it was whitened.
func (a *app) whitenedAs(index string, o *vectors.Origin, queries *vectors.Set, title string) (*vectors.Set, error) {
	if !queries.Origin.Known() || vectors.Compare("", o, "", queries.Origin) == nil {
		return queries, nil
	}
	w, before, err := whiteningOf(index, o)
	if w == nil || err != nil || vectors.Compare("", before, "", queries.Origin) != nil {
		return queries, err
	}
	a.log(fmt.Sprintf("%s are whitened as the index was, by %s", title, whiteningBy(index)))
	return w.Apply(queries)
}
