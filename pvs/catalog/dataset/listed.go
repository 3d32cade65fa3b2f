package dataset

import (
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Listed is photos that another program has listed, such as a feed's that were downloaded; the source is their folder.
// Products are divided as [CSV] does it.
type Listed struct {
	Photos  []catalog.Photo   // paths are relative to the source; Line is the list's; a split that is there is kept
	Bad     []catalog.Problem // what of the list cannot be imported
	List    string            // its name, for messages
	Queries int               // photos of each product that become queries; 0: 1; NoQueries: none
	Train   float64           // share of the products that go to train and val
	Made    catalog.Made      // what the catalogue is noted to be made of
}

// made is what Import notes.
func (k Listed) made() catalog.Made { return k.Made }

func (k Listed) read(im *importing) (err error) {
	im.name = k.List
	if k.Queries, err = queriesOf(k.Queries); err != nil {
		return err
	}
	if k.Train < 0 || k.Train > 1 {
		return fmt.Errorf("a share of %g for training is not possible", k.Train)
	}
	for _, p := range k.Bad {
		im.sink.problems.add(p)
	}
	var d division
	d.queries = k.Queries
	var there []catalog.Photo
	for _, p := range k.Photos {
		found, ok := im.there(filepath.ToSlash(p.Path), k.place(p))
		if !ok {
			continue
		}
		p.Path = found
		if p.Split == "" {
			if p.Split = test; p.Product != "" && inShare("train", p.Product, k.Train) {
				p.Split = im.trainOrVal(p.Product, p.ID)
			}
		}
		if p.Split == test {
			d.count(p.Product)
		}
		there = append(there, p)
	}
	for _, p := range there {
		if p.Split == test {
			p.Split = d.split(im, p.Product)
		}
		if err := im.put(p, k.place(p)); err != nil {
			return err
		}
	}
	return nil
}

func (k Listed) place(p catalog.Photo) place { return place{k.List, p.Line} }
