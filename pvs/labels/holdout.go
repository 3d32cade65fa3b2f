package labels

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// HoldOut divides train photos, given by numbers, into those to train on and those to validate by. Whole groups are
// held out, so that no product or title that is validated by is trained on, as index and query hold products that were
// not trained on. A group is the photos of one product, else of one title, else one photo; where titles are the labels,
// products of one title are one group.
//
// About that share of the photos is held out, the same ones for a seed, and mostly the same ones when photos are added:
// groups are taken in the order of a hash of their names. A photo of another split is an error: what is searched must
// not steer the training.
func HoldOut(photos []catalog.Photo, kind Kind, share float64, seed uint64) (train, held []int, err error) {
	if !(share > 0 && share < 1) {
		return nil, nil, fmt.Errorf("a share of %v of the photos cannot be held out; it lies between 0 and 1", share)
	}
	for _, p := range photos {
		if p.Split != catalog.Train {
			return nil, nil, fmt.Errorf("photo %s is of the split %s, but only train photos are held out", p.ID, p.Split)
		}
	}
	all := groups(photos, kind)
	if len(all) < 2 {
		return nil, nil, fmt.Errorf("the %d train photos are all of one product or title: none can be held out", len(photos))
	}
	for i := range all {
		sum := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte(all[i].name), seed))
		all[i].order = string(sum[:])
	}
	slices.SortFunc(all, func(a, b group) int { return cmp.Compare(a.order, b.order) })
	target := share * float64(len(photos))
	for _, g := range all { // those that bring the number nearer
		if float64(len(held))+float64(len(g.photos))/2 <= target {
			held = append(held, g.photos...)
		} else {
			train = append(train, g.photos...)
		}
	}
	if len(held) == 0 {
		smallest := slices.MinFunc(all, func(a, b group) int { return cmp.Compare(len(a.photos), len(b.photos)) })
		held = smallest.photos
		train = slices.DeleteFunc(train, func(i int) bool { return slices.Contains(held, i) })
	}
	slices.Sort(train)
	slices.Sort(held)
	return train, held, nil
}

// group is photos that stay in one part.
type group struct {
	name, order string
	photos      []int
}

// groups joins photos by product, title or both.
func groups(photos []catalog.Photo, kind Kind) []group {
	parent := make([]int, len(photos)) // union-find
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := map[string]int{}
	join := func(name string, photo int) {
		if before, ok := first[name]; ok {
			a, b := root(before), root(photo)
			parent[max(a, b)] = min(a, b)
			return
		}
		first[name] = photo
	}
	names := make([]string, len(photos))
	for i, p := range photos {
		title := Normalize(p.Title)
		names[i] = "photo " + p.ID
		if title != "" {
			names[i] = "title " + title
		}
		if p.Product != "" {
			names[i] = "product " + p.Product
		}
		join(names[i], i)
		if title != "" && kind == Titles {
			join("title "+title, i)
		}
	}
	at := map[int]int{} // root -> place in out
	var out []group
	for i := range photos {
		r := root(i)
		k, ok := at[r]
		if !ok {
			k = len(out)
			at[r] = k
			out = append(out, group{name: names[r]})
		}
		out[k].photos = append(out[k].photos, i)
	}
	return out
}
