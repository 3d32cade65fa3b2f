package dataset

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// EProduct is the layout of eBay's eProduct (Yuan, Chiang, Tang, Haro: eProduct: A
// Million-Scale Visual Search Benchmark, 2021): a CSV for each of the parts train, val,
// index and query, in a folder metadata or at the top, and the photos in folders of the
// same names, at the top or in a folder images. The set is not public, so the columns'
// names are settings; [EProductColumns] are taken where none are given.
type EProduct struct {
	Columns Columns
	Ending  string // added to paths that lack it: ".jpg"
	Latin1  bool   // the files are Latin-1 (Windows-1252), not UTF-8
}

// EProductColumns are the columns of [EProduct] where Columns does not say otherwise.
var EProductColumns = Columns{"photo": "image", "category": "level1,level2,leaf"}

// CheckColumns refuses columns that a catalogue does not have.
func (k EProduct) CheckColumns() error { return k.Columns.check() }

func (k EProduct) read(im *importing) error {
	if err := k.CheckColumns(); err != nil {
		return err
	}
	if err := im.needFolder("the folder of the set is wanted"); err != nil {
		return err
	}
	parts := 0
	lacking := map[string]int{} // in how many parts a column was not found
	var absent []string
	for _, split := range catalog.Splits {
		name := string(split)
		file, ok := im.first("metadata/"+name+".csv", name+".csv")
		if !ok {
			absent = append(absent, name)
			continue
		}
		parts++
		if err := im.part(name, func() error { return k.part(im, split, file, lacking) }); err != nil {
			return err
		}
	}
	if parts == 0 {
		if packed := archiveBeside(filepath.Join(im.src, "metadata")); packed != "" {
			return errors.New(packed + " is still packed; unpack it there")
		}
		return errors.New("it has none of metadata/train.csv, val.csv, index.csv and query.csv")
	}
	for column, from := range k.Columns {
		if lacking[column] == parts {
			return fmt.Errorf("none of its lists has the column %s for the %s", from, column)
		}
	}
	if absent != nil {
		im.note("there is no list for %s: the catalogue is without", strings.Join(absent, " and "))
	}
	return nil
}

// columns are the settings with what they do not say.
func (k EProduct) columns() Columns {
	c := maps.Clone(EProductColumns)
	if k.Columns["path"] != "" {
		delete(c, "photo") // then the photo's name is one of the settings, or its path
	}
	maps.Copy(c, k.Columns)
	return c
}

// part reads one list. Categories may lack where there is a search, titles and products
// everywhere.
func (k EProduct) part(im *importing, split catalog.Split, file string, lacking map[string]int) error {
	optional := []string{"title", "product", "split"}
	if split == catalog.Index || split == catalog.Query {
		optional = append(optional, "category")
	}
	name := string(split)
	opts := listOptions{columns: k.columns(), optional: optional, ending: k.Ending, latin1: k.Latin1}
	l, err := im.openList(file, opts)
	if err != nil {
		return err
	}
	for _, column := range listColumns {
		if !l.has(column) {
			lacking[column]++
		}
	}
	base := im.baseOf(sample(l), name, "images/"+name, "", "images", name)
	l.close()
	if l, err = im.openList(file, opts); err != nil {
		return err
	}
	defer l.close()
	return im.each(l, false, func(r row) error {
		at := im.localPath(base, r.path)
		found, there := im.there(at, r.place)
		if !there {
			return nil
		}
		p := catalog.Photo{ID: at, Path: found, Split: split, Product: r.product, Category: r.category, Title: r.title}
		if l.has("photo") {
			p.ID = r.photo
		}
		return im.put(p, r.place)
	})
}

// sample returns the paths of the first rows.
func sample(l *list) []string {
	var paths []string
	for len(paths) < sampled {
		r, err := l.next()
		var bad badRow
		if err != nil && !errors.As(err, &bad) {
			break // the next reading meets it again
		}
		if err == nil {
			paths = append(paths, r.path)
		}
	}
	return paths
}
