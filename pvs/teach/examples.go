package teach

import (
	"maps"
	"slices"
	"strings"
)

// example is a photo with those that it should be near to and those that it should not, as vectors.
type example struct {
	anchor               []float32
	positives, negatives [][]float32
	floor                float64 // where there are no positives: the score that negatives should be below
	kind                 kind
}

// kind says what a term is for.
type kind int

const (
	ofClick kind = iota
	ofKin        // as of a click, for products that are near to those of clicks
	ofGuard      // it is not to become worse
)

// anchored is what was said of a photo that was searched for.
type anchored struct {
	key       Side
	own       string // its product; "": it is not in the index
	vector    []float32
	same, not []Photo // that were found
}

func byAnchor(clicks []resolved) (list []*anchored) {
	of := map[Side]*anchored{}
	for _, c := range clicks {
		a := of[c.anchor]
		if a == nil {
			a = &anchored{key: c.anchor, own: c.own, vector: c.vector}
			of[c.anchor] = a
			list = append(list, a)
		}
		if c.Same {
			a.same = append(a.same, c.found)
		} else {
			a.not = append(a.not, c.found)
		}
	}
	return list
}

// examples makes those of clicks. Clicks speak of products: what is said of a photo that was found is said of all
// photos of its product, unless the photo that was searched for is of that product itself.
func (t *teacher) examples(clicks []resolved) ([]example, error) {
	anchors := byAnchor(clicks)
	list, err := t.ofQueries(anchors)
	if err != nil {
		return nil, err
	}
	more, err := t.ofProducts(anchors)
	return append(list, more...), err
}

// rows returns the vectors of photos that were found, and of their products'.
func (t *teacher) rows(found []Photo, own string) (rows [][]float32, err error) {
	for _, p := range found {
		all := []Photo{p}
		if p.product() != own {
			if all, err = t.photosOf(p); err != nil {
				return nil, err
			}
		}
		for _, other := range t.visible(all) {
			rows = append(rows, other.Vector)
		}
	}
	return rows, nil
}

// others returns photos near to an anchor of products that nothing is known of.
func (t *teacher) others(anchor Side, vector []float32, known map[string]bool) (rows [][]float32, err error) {
	near, err := t.nearTo(anchor, vector)
	for _, p := range t.visible(near) {
		if !known[p.product()] && len(rows) < nearOnes {
			rows = append(rows, p.Vector)
		}
	}
	return rows, err
}

// ofQueries makes the example of each photo that was searched for.
func (t *teacher) ofQueries(anchors []*anchored) (list []example, err error) {
	for _, a := range anchors {
		e := example{anchor: a.vector}
		if e.positives, err = t.rows(a.same, a.own); err != nil {
			return nil, err
		}
		if e.negatives, err = t.rows(a.not, a.own); err != nil {
			return nil, err
		}
		own, err := t.ownPhotos(a)
		if err != nil {
			return nil, err
		}
		e.positives = append(e.positives, own...)
		if len(e.positives) == 0 {
			if e.floor, err = t.floor(a.key, a.vector); err != nil {
				return nil, err
			}
		} else {
			known := map[string]bool{a.own: true}
			for _, p := range slices.Concat(a.same, a.not) {
				known[p.product()] = true
			}
			more, err := t.others(a.key, a.vector, known)
			if err != nil {
				return nil, err
			}
			e.negatives = append(e.negatives, more...)
		}
		list = append(list, e)
	}
	return list, nil
}

// ownPhotos returns the other photos of an anchor's product, without those that were said not to be it.
func (t *teacher) ownPhotos(a *anchored) (rows [][]float32, err error) {
	if a.own == "" || strings.HasPrefix(a.own, alone) {
		return nil, nil
	}
	own, err := t.src.Product(t.ctx, a.own)
	for _, p := range t.visible(own) {
		not := slices.ContainsFunc(a.not, func(n Photo) bool { return n.ID == p.ID })
		if (Side{Photo: p.ID}) != a.key && !not && len(rows) < mostPhotos {
			rows = append(rows, p.Vector)
		}
	}
	return rows, err
}

// ofProducts makes examples of the photos of each product that was found: near to each other and to what was searched
// for and is it, far from what was searched for and is not, and from products that are not what is.
func (t *teacher) ofProducts(anchors []*anchored) (list []example, err error) {
	type known struct {
		photo   Photo
		is, not [][]float32
	}
	of := map[string]*known{}
	product := func(p Photo) *known {
		if of[p.product()] == nil {
			of[p.product()] = &known{photo: p}
		}
		return of[p.product()]
	}
	for _, a := range anchors {
		for _, p := range a.same {
			if p.product() != a.own {
				k := product(p)
				k.is = append(k.is, a.vector)
				not, err := t.rows(a.not, a.own)
				if err != nil {
					return nil, err
				}
				k.not = append(k.not, not...)
			}
		}
		for _, p := range a.not {
			if p.product() != a.own {
				k := product(p)
				k.not = append(k.not, a.vector)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		k := of[name]
		photos, err := t.photosOf(k.photo)
		if err != nil {
			return nil, err
		}
		photos = t.visible(photos)
		for _, p := range photos {
			e := example{anchor: p.Vector, positives: slices.Clone(k.is), negatives: slices.Clone(k.not)}
			for _, other := range photos {
				if other.ID != p.ID {
					e.positives = append(e.positives, other.Vector)
				}
			}
			if len(e.positives) == 0 {
				continue
			}
			more, err := t.others(Side{Photo: p.ID}, p.Vector, map[string]bool{name: true})
			if err != nil {
				return nil, err
			}
			e.negatives = append(e.negatives, more...)
			list = append(list, e)
		}
	}
	return list, nil
}

// unclicked makes examples of products that were not clicked on.
func (t *teacher) unclicked(products [][]Photo, as kind) (list []example, err error) {
	for _, photos := range products {
		for i, p := range photos[:min(len(photos), unclickedPhotos)] {
			e := example{anchor: p.Vector, kind: as}
			for j, other := range photos {
				if j != i {
					e.positives = append(e.positives, other.Vector)
				}
			}
			e.negatives, err = t.others(Side{Photo: p.ID}, p.Vector, map[string]bool{p.product(): true})
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// floor is the score that a photo which is not it should be below, where it is not known what is it.
func (t *teacher) floor(anchor Side, vector []float32) (float64, error) {
	near, err := t.nearTo(anchor, vector)
	if err != nil {
		return 0, err
	}
	seen := map[string]bool{}
	last := 0.0
	for _, p := range near {
		if seen[p.product()] = true; len(seen) > floorRank {
			break
		}
		last = p.Score
	}
	return last, nil
}
