package dataset

import (
	"fmt"
	"path"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// OnlineProducts is the layout of Stanford Online Products (Song, Xiang, Jegelka,
// Savarese: Deep Metric Learning via Lifted Structured Feature Embedding, 2016):
// Ebay_train.txt, Ebay_test.txt and Ebay_info.txt with the words image_id class_id
// super_class_id path, and the photos in folders like bicycle_final. A class is a
// product; no class is in both parts.
//
// The train part goes to train and val. The test part is divided: the first Queries
// photos of each product become queries and the others the index. (The set's own score
// asks for every photo of the test part among all others of it, which is another task.)
type OnlineProducts struct {
	Queries int // of each product; 0: 1; NoQueries: none
}

// onlineProductsHeader is the first line of the set's lists.
var onlineProductsHeader = []string{"image_id", "class_id", "super_class_id", "path"}

func (k OnlineProducts) read(im *importing) (err error) {
	if k.Queries, err = queriesOf(k.Queries); err != nil {
		return err
	}
	if err := im.needFolder("the folder Stanford_Online_Products with Ebay_train.txt and Ebay_test.txt is wanted",
		"Ebay_train.txt", "Ebay_test.txt"); err != nil {
		return err
	}
	trained := map[string]bool{}
	listed := 0
	err = im.part("Ebay_train.txt", func() error {
		_, err := im.words("Ebay_train.txt", onlineProductsHeader, func(at place, words []string) error {
			listed++
			p, ok := onlineProduct(im, at, words)
			if !ok {
				return nil
			}
			trained[p.Product] = true
			p.Split = im.trainOrVal(p.Product, p.ID)
			return im.put(p, at)
		})
		return err
	})
	if err != nil {
		return err
	}
	if err := im.part("Ebay_test.txt", func() error { return k.test(im, trained, &listed) }); err != nil {
		return err
	}
	return k.info(im, listed)
}

// test divides the test part.
func (k OnlineProducts) test(im *importing, trained map[string]bool, listed *int) error {
	var photos []catalog.Photo
	var places []place
	d := division{queries: k.Queries}
	_, err := im.words("Ebay_test.txt", onlineProductsHeader, func(at place, words []string) error {
		*listed++
		p, ok := onlineProduct(im, at, words)
		switch {
		case ok && trained[p.Product]:
			im.bad(at, fmt.Errorf("its class %s is in Ebay_train.txt, too", p.Product))
		case ok:
			d.count(p.Product)
			photos, places = append(photos, p), append(places, at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, p := range photos {
		p.Split = d.split(im, p.Product)
		if err := im.put(p, places[i]); err != nil {
			return err
		}
	}
	return nil
}

// info compares with the list of all photos.
func (k OnlineProducts) info(im *importing, listed int) error {
	name, ok := im.first("Ebay_info.txt")
	if !ok {
		return nil
	}
	all := 0
	_, err := im.words(name, onlineProductsHeader, func(place, []string) error {
		all++
		return nil
	})
	if err == nil && all != listed {
		im.note("%s lists %d photos, but Ebay_train.txt and Ebay_test.txt %d", name, all, listed)
	}
	return err
}

// onlineProduct is a line's photo, if it is there.
func onlineProduct(im *importing, at place, words []string) (catalog.Photo, bool) {
	file := im.localPath("", words[3])
	found, there := im.there(file, at)
	if !there {
		return catalog.Photo{}, false
	}
	dir, _ := path.Split(file)
	category := strings.TrimSuffix(strings.TrimSuffix(dir, "/"), "_final") // bicycle_final: a folder a super class
	return catalog.Photo{ID: file, Path: found, Product: words[1], Category: catalog.Category(category)}, true
}
