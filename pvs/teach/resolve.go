package teach

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// resolved is a click with what its photos are in the index.
type resolved struct {
	Click
	anchor Side // of the photo that was searched for: clicks of one anchor are held out together
	vector []float32
	own    string // product of the photo that was searched for, where it is one of the index; "": it is none
	found  Photo
}

// LeftOut counts the clicks that a fit does not take.
type LeftOut struct {
	OtherIndex int `json:"other_index,omitempty"` // made on vectors of another network
	Gone       int `json:"gone,omitempty"`        // of photos that are not in the index any more
	Replaced   int `json:"replaced,omitempty"`    // of photos whose file is another one now
	Older      int `json:"older,omitempty"`       // than the newest that are taken
}

// Total is how many.
func (l LeftOut) Total() int { return l.OtherIndex + l.Gone + l.Replaced + l.Older }

// String says why, as part of a sentence; "": none was left out.
func (l LeftOut) String() string {
	var list []string
	for _, c := range []struct {
		n   int
		say string
	}{
		{l.OtherIndex, "made on vectors of another network"},
		{l.Gone, "of photos that are not in the index any more"},
		{l.Replaced, "of photos that were replaced since"},
		{l.Older, fmt.Sprintf("older than the newest %d", MaxClicks)},
	} {
		if c.n > 0 {
			list = append(list, fmt.Sprintf("%d %s", c.n, c.say))
		}
	}
	return strings.Join(list, ", ")
}

// MaxClicks is how many clicks a fit takes, the newest.
const MaxClicks = 1000

// teacher makes the terms of a fit. It looks each photo up once.
type teacher struct {
	ctx     context.Context
	opts    Options
	all     Source
	src     once // all, of whose photos what was looked up stays in memory
	made    Made
	near    map[Side][]Photo   // by anchor
	of      map[string][]Photo // by product
	clicked map[string]bool    // products that clicks speak of
	guards  []example
	hidden  map[string]bool // ids of photos that a fit is not to know, as it is measured by them
}

// resolve looks the clicks' photos up.
func (t *teacher) resolve(clicks []Click) (list []resolved, left LeftOut, err error) {
	clicks = standing(clicks)
	if n := len(clicks) - MaxClicks; n > 0 {
		left.Older, clicks = n, clicks[n:]
	}
	for _, c := range clicks {
		if !t.made.Fits(c.Index) {
			left.OtherIndex++
			continue
		}
		r := resolved{Click: c, anchor: c.Query.key()}
		found, there, err := t.src.Photo(t.ctx, c.Found.Photo)
		if err != nil {
			return nil, left, err
		}
		replaced := c.Found.replaced(found)
		if c.Query.Photo == "" {
			if r.vector, err = c.Query.vector(t.made.Dim); err != nil {
				return nil, left, err
			}
		} else if there {
			var query Photo
			if query, there, err = t.src.Photo(t.ctx, c.Query.Photo); err != nil {
				return nil, left, err
			}
			replaced = replaced || c.Query.replaced(query)
			r.vector, r.own = query.Vector, query.product()
		}
		switch {
		case !there:
			left.Gone++
		case replaced:
			left.Replaced++
		default:
			r.found = found
			list = append(list, r)
		}
	}
	return list, left, nil
}

// replaced says whether a photo's file is another than that which was clicked on.
func (s Side) replaced(p Photo) bool {
	return s.Digest != "" && p.Digest != "" && !strings.HasPrefix(p.Digest, s.Digest)
}

// Sizes of terms.
const (
	nearOnes   = 20 // nearest photos of other products, which a photo with a known product should be farther from
	mostPhotos = 8  // of a product
	floorRank  = 10 // a photo that is not it belongs behind so many products
)

// photosOf returns the photos of what a photo stands for, that photo among them.
func (t *teacher) photosOf(p Photo) ([]Photo, error) {
	name := p.product()
	if had, ok := t.of[name]; ok {
		return had, nil
	}
	list := []Photo{p}
	if p.Product != "" {
		all, err := t.src.Product(t.ctx, p.Product)
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if other.ID != p.ID && len(list) < mostPhotos {
				list = append(list, other)
			}
		}
	}
	t.of[name] = list
	return list, nil
}

// visible leaves out what is hidden.
func (t *teacher) visible(photos []Photo) []Photo {
	if len(t.hidden) == 0 {
		return photos
	}
	return slices.DeleteFunc(slices.Clone(photos), func(p Photo) bool { return t.hidden[p.ID] })
}

// nearTo returns photos near to an anchor's vector.
func (t *teacher) nearTo(anchor Side, vector []float32) ([]Photo, error) {
	if had, ok := t.near[anchor]; ok {
		return had, nil
	}
	list, err := t.src.Nearest(t.ctx, vector, nearOnes+3*mostPhotos)
	t.near[anchor] = list
	return list, err
}
