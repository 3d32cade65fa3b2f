package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// CSV is a list of photos in a CSV file; the source is the file, and paths are relative
// to its folder or to Images below it. Without a column for the split, and for photos
// of a split "test", each product's photos go to query and index as [Folder] says;
// photos of a list without products go to train and val by their category, and photos
// of one without either to the index.
type CSV struct {
	Columns Columns
	Images  string  // the photos' folder, relative to the file's
	Ending  string  // added to paths that lack it: ".jpg"
	Queries int     // photos of each product that become queries; 0: 1; NoQueries: none
	Train   float64 // share of the products that go to train and val, without a column for the split
	Latin1  bool    // the file is Latin-1 (Windows-1252), not UTF-8
}

// CheckColumns refuses columns that a catalogue does not have.
func (k CSV) CheckColumns() error { return k.Columns.check() }

func (k CSV) read(im *importing) (err error) {
	if k.Queries, err = queriesOf(k.Queries); err != nil {
		return err
	}
	if k.Train < 0 || k.Train > 1 {
		return fmt.Errorf("a share of %g for training is not possible", k.Train)
	}
	if err := k.CheckColumns(); err != nil {
		return err
	}
	if info, err := os.Stat(im.src); err != nil || info.IsDir() {
		return errors.New("it is a folder; name the CSV file in it")
	}
	d := division{queries: k.Queries}
	// Who becomes a query depends on how many photos a product has, so those that are
	// there are counted first.
	for _, counting := range []bool{true, false} {
		l, err := im.openList(filepath.Base(im.src), listOptions{columns: k.Columns, ending: k.Ending, latin1: k.Latin1})
		if err != nil {
			return err
		}
		err = im.each(l, counting, func(r row) error { return k.photo(im, l, r, &d, counting) })
		l.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (k CSV) photo(im *importing, l *list, r row, d *division, counting bool) error {
	if err := im.ctx.Err(); err != nil {
		return err
	}
	at := im.localPath(filepath.ToSlash(k.Images), r.path)
	split, err := k.split(im, l, r, at)
	if counting {
		if err == nil && split == test && im.tree.check(at) == nil {
			d.count(r.product)
		}
		return nil
	}
	if err != nil {
		im.bad(r.place, err)
		return nil
	}
	found, there := im.there(at, r.place)
	if !there {
		return nil
	}
	if split == test {
		split = d.split(im, r.product)
	}
	p := catalog.Photo{ID: r.photo, Path: found, Split: split, Product: r.product, Category: r.category, Title: r.title}
	if !l.has("photo") {
		p.ID = at
	}
	return im.put(p, r.place)
}

// split is a row's split, or test where the product decides.
func (k CSV) split(im *importing, l *list, r row, photo string) (catalog.Split, error) {
	switch {
	case l.has("split"):
		return parseSplit(r.split)
	case l.has("product") && !inShare("train", r.product, k.Train):
		return test, nil
	case l.has("product") || l.has("category"):
		return im.trainOrVal(r.product, photo), nil
	}
	return catalog.Index, nil
}

// parseSplit reads a split by any of its names.
func parseSplit(name string) (catalog.Split, error) {
	if s := splitNames[strings.ToLower(name)]; s != "" {
		return s, nil
	}
	return "", fmt.Errorf("split %q is none of train, val, index and query, nor valid, validation, "+
		"gallery, queries or test", name)
}

// division places the photos of products that a layout does not divide into queries and
// index.
type division struct {
	queries int
	of      map[string]*share
}

// share is how many photos of a product there are and how many were placed.
type share struct{ n, placed int }

func (d *division) count(product string) {
	if d.of == nil {
		d.of = map[string]*share{}
	}
	s := d.of[product]
	if s == nil {
		s = &share{}
		d.of[strings.Clone(product)] = s
	}
	s.n++
}

// split places a product's next photo. Photos without a product are index.
func (d *division) split(im *importing, product string) catalog.Split {
	s := d.of[product]
	if product == "" || s == nil {
		return catalog.Index
	}
	s.placed++
	return im.queryOrIndex(s.placed-1, s.n, d.queries)
}

// queryOrIndex places photo i of a product's n: the first become queries, but the last is
// of the index, so that there is one to find.
func (im *importing) queryOrIndex(i, n, queries int) catalog.Split {
	if i == 0 { // once a product
		switch {
		case queries > 0 && n == 1:
			im.single++
		case queries >= n:
			im.fewer++
		}
	}
	if i < queries && i < n-1 {
		return catalog.Query
	}
	return catalog.Index
}

// noteQueries says which products have fewer queries than were asked for.
func (im *importing) noteQueries() {
	if im.single > 0 {
		im.note("%s with a single photo: it is in the index, and no query searches for it", count(im.single, "product"))
	}
	if im.fewer > 0 {
		im.note("%s with no more photos than queries were to be: all of them but one became queries",
			count(im.fewer, "product"))
	}
}
