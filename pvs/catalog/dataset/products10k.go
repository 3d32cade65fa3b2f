package dataset

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Products10K is the layout of Products-10K (Bai, Chen, Yu, Wang, Zhang: Products-10K: A
// Large-scale Product Recognition Dataset, 2020): train.csv with the columns name,
// class and group, test_kaggletest.csv with name and class, and the photos in train and
// test. A class is a product and a group a category.
//
// The set was made for classification, so both parts show the same products. For a
// search the products are divided: a share of them is trained on, their train photos in
// train and their test photos in val; of the others, the train photos are the index and
// the test photos the queries.
type Products10K struct {
	Train float64 // share of the products in training; 0: none
}

func (k Products10K) read(im *importing) error {
	if k.Train < 0 || k.Train > 1 {
		return fmt.Errorf("a share of %g for training is not possible", k.Train)
	}
	if err := im.needFolder("the folder of the set is wanted", "train.csv", "train", "test"); err != nil {
		return err
	}
	answers, ok := im.first("test_kaggletest.csv", "test.csv")
	if !ok {
		return errors.New("it has no test_kaggletest.csv, which names the test photos' products")
	}
	groups := map[string]catalog.Category{} // of the classes; the test part has none
	err := im.part("train.csv", func() error {
		return k.part(im, "train.csv", "train", groups, catalog.Train, catalog.Index)
	})
	if err != nil {
		return err
	}
	return im.part(answers, func() error { return k.part(im, answers, "test", groups, catalog.Val, catalog.Query) })
}

// part reads a list: products that are trained on go to one split, the others to the
// other.
func (k Products10K) part(im *importing, file, folder string, groups map[string]catalog.Category,
	trained, searched catalog.Split) error {
	columns := Columns{"photo": "name", "product": "class", "category": "group"}
	l, err := im.openList(file, listOptions{columns: columns, optional: []string{"category"}})
	if err != nil {
		return err
	}
	defer l.close()
	if folder == "train" && !l.has("category") {
		return fmt.Errorf("%s has no column group", file)
	}
	return im.each(l, false, func(r row) error {
		at := im.localPath(folder, r.path)
		if r.product == "" {
			im.bad(r.place, errors.New("it has no class"))
			return nil
		}
		if folder == "train" {
			groups[strings.Clone(r.product)] = catalog.Category(strings.Clone(string(r.category)))
		}
		found, there := im.there(at, r.place)
		if !there {
			return nil
		}
		p := catalog.Photo{ID: at, Path: found, Product: r.product, Category: groups[r.product], Split: searched}
		if inShare("train", r.product, k.Train) {
			p.Split = trained
		}
		return im.put(p, r.place)
	})
}
