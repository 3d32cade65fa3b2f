package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Leaf says what the innermost folders of a [Folder] are.
type Leaf string

// The two kinds of innermost folders.
const (
	Product  Leaf = "product"  // each holds the photos of one product; the folders above are categories
	Category Leaf = "category" // each holds the photos of many products of one category
)

// Folder is photos in folders: a folder a product or a folder a category, with
// categories above. Folders named after splits at the top (train, val, index, query;
// also valid, validation, gallery, queries, and test for products to search for) say
// where their photos go. Without them, products
// go to a search - the first Queries photos of each, by name, to query and the others, one
// at least, to index - and categories to train and val.
type Folder struct {
	Leaf    Leaf
	Queries int     // photos of each product that become queries; 0: 1; NoQueries: none
	Train   float64 // share of the products that go to train and val instead of to a search
	// Loose takes photos that lie in no folder of a leaf, too: without a product, for the
	// index where their folder names no split.
	Loose bool
}

// splitNames are the names that data sets have for the splits.
var splitNames = map[string]catalog.Split{
	"train": catalog.Train, "val": catalog.Val, "valid": catalog.Val, "validation": catalog.Val,
	"index": catalog.Index, "gallery": catalog.Index, "query": catalog.Query, "queries": catalog.Query, "test": test,
}

// test is what many sets call the part to search in; it is divided by product.
const test catalog.Split = "test"

// NoQueries makes no photo a query, where the zero value of a number of queries is 1.
const NoQueries = -1

// queriesOf is how many photos of each product become queries.
func queriesOf(option int) (int, error) {
	switch {
	case option == 0:
		return 1, nil
	case option == NoQueries:
		return 0, nil
	case option < 0:
		return 0, fmt.Errorf("%d queries a product are not possible", option)
	}
	return option, nil
}

func (k Folder) read(im *importing) (err error) {
	if k.Queries, err = queriesOf(k.Queries); err != nil {
		return err
	}
	switch {
	case k.Leaf != Product && k.Leaf != Category:
		return fmt.Errorf("an innermost folder is a product or a category, not %q", k.Leaf)
	case k.Train < 0 || k.Train > 1:
		return fmt.Errorf("a share of %g for training is not possible", k.Train)
	}
	if err := im.needFolder("a folder of folders with photos is wanted"); err != nil {
		return err
	}
	w := &walk{Folder: k, im: im}
	w.above = []string{im.tree.real}
	if err := w.top(); err != nil {
		return err
	}
	w.passed.note(im)
	return nil
}

// walk goes through the folders.
type walk struct {
	Folder
	im     *importing
	passed passed   // what is no photo
	above  []string // the folders that are being visited, without links
}

// top looks for folders of splits.
func (w *walk) top() error {
	dirs, photos, err := w.list("")
	if err != nil {
		return err
	}
	var splits []string
	for _, d := range dirs {
		if splitNames[strings.ToLower(d)] != "" {
			splits = append(splits, d)
		}
	}
	switch {
	case len(splits) == 0:
		return w.visit("", "", "", dirs, photos)
	case len(splits) < len(dirs):
		other := slices.IndexFunc(dirs, func(d string) bool { return !slices.Contains(splits, d) })
		return fmt.Errorf("it has folders of splits (%s) and others (%s) side by side; move the others away",
			strings.Join(splits, ", "), dirs[other])
	}
	for _, d := range dirs {
		if w.Leaf == Category && splitNames[strings.ToLower(d)] == test {
			return fmt.Errorf("its folder %s names no products, so there is nothing to search for; name it val or move it away",
				d)
		}
		before := w.im.sink.summary.Photos
		if err := w.folder(splitNames[strings.ToLower(d)], d, ""); err != nil {
			return err
		}
		if w.im.sink.summary.Photos == before && w.im.sink.problems.n == 0 {
			return fmt.Errorf("its folder %s has no photos; fill it or remove it", d)
		}
	}
	return w.strays("", "", photos)
}

// folder visits a folder by its path; names is the path below the split.
func (w *walk) folder(split catalog.Split, dir, names string) error {
	real, err := filepath.EvalSymlinks(filepath.Join(w.im.tree.root, dir))
	if err != nil {
		return err
	}
	if slices.Contains(w.above, real) {
		w.im.bad(place{file: dir}, errors.New("it is a link to a folder that it lies in"))
		return nil
	}
	w.above = append(w.above, real)
	defer func() { w.above = w.above[:len(w.above)-1] }()
	dirs, photos, err := w.list(dir)
	if err != nil {
		return err
	}
	return w.visit(split, dir, names, dirs, photos)
}

// visit takes a folder's photos and goes on with its folders.
func (w *walk) visit(split catalog.Split, dir, names string, dirs, photos []string) error {
	if names == "" {
		if err := w.strays(split, dir, photos); err != nil {
			return err
		}
	} else if err := w.photos(split, dir, names, photos); err != nil {
		return err
	}
	for _, d := range dirs {
		if err := w.folder(split, path.Join(dir, d), path.Join(names, d)); err != nil {
			return err
		}
	}
	return nil
}

// strays refuses photos that lie in no product's or category's folder, or takes them as
// photos of no product.
func (w *walk) strays(given catalog.Split, dir string, photos []string) error {
	if given == "" || given == test {
		given = catalog.Index
	}
	for _, p := range photos {
		at := path.Join(dir, p)
		if !w.Loose {
			w.im.bad(place{file: at}, fmt.Errorf("it lies in no folder of a %s", w.Leaf))
			continue
		}
		if _, there := w.im.there(at, place{file: at}); !there {
			continue
		}
		if err := w.im.put(catalog.Photo{ID: at, Path: at, Split: given}, place{file: at}); err != nil {
			return err
		}
	}
	return nil
}

// photos takes the photos of one innermost folder.
func (w *walk) photos(given catalog.Split, dir, names string, photos []string) error {
	product, category := "", strings.ReplaceAll(names, "/", " > ")
	if w.Leaf == Product {
		above, _ := path.Split(names)
		product, category = names, strings.ReplaceAll(strings.TrimSuffix(above, "/"), "/", " > ")
	}
	// Only photos that are there count as a product's: no query is left without truth.
	photos = slices.DeleteFunc(photos, func(name string) bool {
		at := path.Join(dir, name)
		_, there := w.im.there(at, place{file: at})
		return !there
	})
	for i, name := range photos {
		at := path.Join(dir, name)
		p := catalog.Photo{ID: at, Path: at, Split: given, Product: product, Category: catalog.Category(category)}
		if given == "" || given == test {
			p.Split = w.split(given, product, at, i, len(photos))
		}
		if err := w.im.put(p, place{file: at}); err != nil {
			return err
		}
	}
	return nil
}

// split places photo i of a folder's n where the layout does not.
func (w *walk) split(given catalog.Split, product, photo string, i, n int) catalog.Split {
	if given == "" && (w.Leaf == Category || inShare("train", product, w.Train)) {
		return w.im.trainOrVal(product, photo)
	}
	return w.im.queryOrIndex(i, n, w.Queries)
}

// list returns the folders and photos in a folder, by name. What systems put there and
// what is no photo is counted; images that cannot be read are bad.
func (w *walk) list(dir string) (dirs, photos []string, err error) {
	if err := w.im.ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := w.im.tree.inside(dir); err != nil {
		w.im.bad(place{file: dir}, err)
		return nil, nil, nil
	}
	entries, err := os.ReadDir(filepath.Join(w.im.tree.root, dir))
	if err != nil {
		return nil, nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	for _, e := range entries {
		name := e.Name()
		at := path.Join(dir, name)
		isDir := e.IsDir() || e.Type()&fs.ModeSymlink != 0 && w.linkToFolder(at)
		reason := why(name, isDir)
		switch {
		case reason != "":
			w.passed.add(reason, at, isDir)
		case isDir:
			dirs = append(dirs, name)
		case ending(name, photoEnds):
			photos = append(photos, name)
		case ending(name, unreadableEnds):
			w.im.bad(place{file: at}, errors.New("images of this kind cannot be read; save it as JPEG or PNG"))
		case archiveName(name):
			w.im.bad(place{file: at}, errors.New("it is an archive; unpack it, or move it away"))
		case w.im.tree.check(at) == nil && looksLikePhoto(filepath.Join(w.im.tree.root, at)):
			photos = append(photos, name)
		default:
			w.passed.add(noPhoto, at, false)
		}
	}
	return dirs, photos, nil
}

func (w *walk) linkToFolder(at string) bool {
	info, err := os.Stat(filepath.Join(w.im.tree.root, at))
	return err == nil && info.IsDir()
}
