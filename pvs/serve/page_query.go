package serve

import (
	"net/url"
	"slices"
	"strconv"
)

// pageK is how many products a page shows at first, and how many more at a time.
const pageK = 24

// pageQuery is what a page's address asks for.
type pageQuery struct {
	Link, ID   string
	Crop       *Crop
	Category   string
	Filter     []string
	More, Less []string
	K          int
	Taught     string // taughtBest, taughtOn or taughtOff
}

// pageQueryOf reads an address, or a form.
func pageQueryOf(v url.Values) (pageQuery, error) {
	q := pageQuery{Link: v.Get("q"), ID: v.Get("id"), Category: v.Get("category"), Filter: v["f"], More: v["more"],
		Less: v["less"], K: min(max(number(v.Get("k"), pageK), 1), MaxK), Taught: v.Get("taught")}
	for _, list := range [][]string{{q.ID, q.Category}, q.Filter, q.More, q.Less} {
		for _, text := range list {
			if len(text) > maxText {
				return q, wrong("a name in the address is longer than %d bytes", maxText)
			}
		}
	}
	var err error
	if q.Crop, err = ParseCrop(v.Get("crop")); err != nil {
		return q, requestError{err}
	}
	return q, nil
}

// Searches says whether there is something to search for.
func (q pageQuery) Searches() bool { return q.Link != "" || q.ID != "" || len(q.More) > 0 }

// values are those of an address.
func (q pageQuery) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("id", q.ID)
	set("crop", q.Crop.String())
	set("category", q.Category)
	for name, list := range map[string][]string{"f": q.Filter, "more": q.More, "less": q.Less} {
		if len(list) > 0 {
			v[name] = list
		}
	}
	if q.K != pageK && q.K != 0 {
		set("k", strconv.Itoa(q.K))
	}
	set("taught", q.Taught)
	set("q", q.Link)
	return v
}

// URL is the address of the page that answers it.
func (q pageQuery) URL() string { return at("/", q.values()) }

func at(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// In is the same search in a category.
func (q pageQuery) In(category string) pageQuery {
	q.Category, q.K = category, 0
	return q
}

// Like is the same search, more like a photo.
func (q pageQuery) Like(id string) pageQuery {
	q.More, q.Less = with(q.More, id), without(q.Less, id)
	return q
}

// Unlike is the same search, less like a photo.
func (q pageQuery) Unlike(id string) pageQuery {
	q.Less, q.More = with(q.Less, id), without(q.More, id)
	return q
}

// Neither is the same search with no regard to a photo.
func (q pageQuery) Neither(id string) pageQuery {
	q.Less, q.More = without(q.Less, id), without(q.More, id)
	return q
}

// Unfiltered is the same search without a filter.
func (q pageQuery) Unfiltered(filter string) pageQuery {
	q.Filter = without(q.Filter, filter)
	return q
}

// Further is the same search with more products.
func (q pageQuery) Further() pageQuery {
	q.K = min(q.K+pageK, MaxK)
	return q
}

// For is a search for a photo of the index, in all categories.
func (q pageQuery) For(id string) pageQuery { return pageQuery{ID: id, Taught: q.Taught} }

// AsTaught is the same search, as clicks taught or not.
func (q pageQuery) AsTaught(how string) pageQuery {
	q.Taught = how
	return q
}

// Product is the address of the page of a photo's product.
func (q pageQuery) Product(id string) string {
	v := q.values()
	v.Set("photo", id)
	v.Del("k")
	return at("/product", v)
}

func with(list []string, id string) []string {
	if slices.Contains(list, id) {
		return list
	}
	return append(slices.Clone(list), id)
}

func without(list []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == id })
}
