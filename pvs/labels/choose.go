package labels

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Choice is the labels to train by.
type Choice struct {
	Set    Set
	Reason string    // a sentence
	Offers []Summary // of products, titles, words and categories
}

// What a kind needs to be chosen.
const (
	mostPhotos   = 0.5 // share of photos that share a label
	somePhotos   = 0.1 // where no kind reaches most
	contradicted = 0.2 // share of the labelled photos whose class is contradicted, at most; of titles
	leastWords   = 10  // fewer say less than categories
)

// Choose takes the finest labels that at least half of the photos share with another photo; where there are none, those
// that a tenth does; where there are none either, each photo is a class of its own. Titles that contradict product ids
// on over a fifth of their photos are not taken.
func Choose(photos []catalog.Photo) Choice {
	var c Choice
	sets := map[Kind]Set{}
	for _, kind := range []Kind{Products, Titles, Words, Categories} {
		s := Of(photos, kind)
		sets[kind] = s
		c.Offers = append(c.Offers, s.Summary(photos))
	}
	for _, share := range []float64{mostPhotos, somePhotos} {
		for i, o := range c.Offers {
			if o.usable() && float64(o.Shared) >= share*float64(len(photos)) {
				c.Set, c.Reason = sets[o.Kind], o.reason(c.Offers[:i])
				if titles := c.Offers[1]; o.Kind == Products && titles.contradicts() {
					c.Reason += fmt.Sprintf("; titles contradict them on %d photos, so that one of the two is wrong",
						titles.Contradicted)
				}
				return c
			}
		}
	}
	c.Set = Of(photos, None)
	for _, o := range c.Offers {
		if o.Classes == 1 && o.Shared == len(photos) && o.Kind != Words {
			c.Reason = fmt.Sprintf("none: all %d photos have the same of %s, which tells nothing apart; each is a class of its "+
				"own", len(photos), o.Kind)
			return c
		}
	}
	c.Reason = fmt.Sprintf("none: of %d photos hardly any share a product id, title, word or category with another; "+
		"each is a class of its own", len(photos))
	return c
}

// usable says whether labels tell photos apart at all.
func (s Summary) usable() bool {
	switch {
	case s.Classes < 2 || s.Shared == 0:
		return false
	case s.Kind == Words:
		return s.Classes >= leastWords
	case s.Kind == Titles:
		return !s.contradicts()
	}
	return true
}

// contradicts says whether titles contradict product ids on more photos than by chance.
func (s Summary) contradicts() bool {
	return s.Kind == Titles && float64(s.Contradicted) > contradicted*float64(s.Labelled)
}

// reason says why these labels and not the finer ones.
func (s Summary) reason(finer []Summary) string {
	out := fmt.Sprintf("%s: %d of %d photos share theirs with another photo, in %d classes with a median of %d photos",
		s.Kind, s.Shared, s.Photos, s.Classes, s.Median)
	if s.Kind == Words {
		out = fmt.Sprintf("words of titles: %d of %d photos share one with another photo, of %d words", s.Shared, s.Photos,
			s.Classes)
	}
	for _, f := range finer {
		switch {
		case f.contradicts():
			out += fmt.Sprintf("; titles contradict the product ids (%d photos)", f.Contradicted)
		case f.Shared == 0:
			out += fmt.Sprintf("; %s: none", f.Kind)
		case f.Kind == Words && f.Classes < leastWords:
			out += fmt.Sprintf("; words: only %d", f.Classes)
		case f.Classes == 1:
			out += fmt.Sprintf("; %s: only one", f.Kind)
		default:
			out += fmt.Sprintf("; %s: only %d photos", f.Kind, f.Shared)
		}
	}
	return out
}
