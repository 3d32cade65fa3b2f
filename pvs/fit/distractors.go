package fit

import (
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/labels"
)

// distractors are train photos among which held-out ones are searched for where these are few: among a few photos any
// network finds nearly all, and nothing could be seen to be better.
type distractors struct {
	ids    []string
	photos []int // their numbers in the source
	read   func(in imageprep.Look) feed.Source
	// Of each one that shares its product or title with others of them, those others.
	byProduct, byTitle map[string][]string
}

// fewestSearched is among how many photos a held-out one is searched for, if there are so many.
const fewestSearched = 600

// together is how many train photos that stand side by side, often of one product, are chosen.
const together = 4

// distractors chooses, evenly, among the train photos that are trained on, by number, those of no product and no title
// of a held-out one.
func (t *training) distractors(photos []catalog.Photo, train []int, of []catalog.Photo, held []int) *distractors {
	products, titles := map[string]bool{}, map[string]bool{}
	for _, i := range held {
		products[of[i].Product], titles[labels.Normalize(of[i].Title)] = true, true
	}
	products[""], titles[""] = false, false // photos without one are of different things
	var free []int
	for _, i := range train {
		if p := photos[i]; !products[p.Product] && !titles[labels.Normalize(p.Title)] {
			free = append(free, i)
		}
	}
	d := &distractors{read: func(in imageprep.Look) feed.Source { return t.sourceOf(catalog.Train, in) }}
	n := min(len(free), max(0, fewestSearched-len(held)))
	for k := range n {
		block := k / together * together
		i := free[block*len(free)/n+k-block]
		d.photos, d.ids = append(d.photos, i), append(d.ids, photos[i].ID)
	}
	d.byProduct, d.byTitle = truths(photos, d.photos)
	return d
}

// loader returns what reads distractor i as an input.
func (d *distractors) loader(in imageprep.Look) func(i int, to []float32) error {
	source := d.read(in)
	return func(i int, to []float32) error {
		photo, err := source.Open(d.photos[i])
		if err != nil {
			return err
		}
		in.Into(photo, to)
		return nil
	}
}

// sourceOf reads a split's photos, large enough for such inputs.
func (f *fitting) sourceOf(split catalog.Split, in imageprep.Look) feed.Source {
	source := feed.FromCatalog(f.cat, split, nil)
	source.Suffices(in.Suffices())
	return source
}
