package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// examination collects findings by kind.
type examination struct {
	photos []catalog.Photo
	facts  []Facts
	by     map[Kind][]Finding
}

func (e *examination) add(f Finding) { e.by[f.Kind] = append(e.by[f.Kind], f) }

// about adds a finding of one photo.
func (e *examination) about(kind Kind, photo int, format string, args ...any) {
	e.add(Finding{Kind: kind, Photo: photo, Other: None, Detail: fmt.Sprintf(format, args...)})
}

// files adds the findings about single files.
func (e *examination) files(minSide int) {
	for i := range e.facts {
		switch f := &e.facts[i]; {
		case f.Problem != "":
			e.about(Unreadable, i, "%s", f.Problem)
		case f.Blank():
			e.about(Blank, i, "its brightness deviates by %.1f of 255", f.Deviation)
		case min(f.Width, f.Height) < minSide:
			e.about(Small, i, "it has %d x %d pixels", f.Width, f.Height)
		}
	}
}

// duplicates adds the findings about copies of a picture: each but the first is a duplicate,
// and may leak or contradict as well.
func (e *examination) duplicates(pairs []Pair) {
	agreement := map[int]Pair{} // the best pair that a later photo is in
	for _, p := range pairs {
		if had, ok := agreement[p.B]; !ok || p.Exact && !had.Exact || p.Exact == had.Exact && p.Agreement > had.Agreement {
			agreement[p.B] = p
		}
	}
	members := map[int][]int{}
	for i, first := range Groups(len(e.photos), pairs) {
		if first != i {
			members[first] = append(members[first], i)
		}
	}
	for _, first := range slices.Sorted(maps.Keys(members)) {
		var splits, products, categories firsts
		for _, i := range append([]int{first}, members[first]...) {
			if i != first {
				e.duplicate(i, first, agreement)
				e.compare(i, &splits, &products, &categories)
			}
			p := e.photos[i]
			splits.note(string(p.Split), i)
			products.note(p.Product, i)
			categories.note(string(p.Category), i)
		}
	}
}

// duplicate adds a photo of a group but the first.
func (e *examination) duplicate(i, first int, agreement map[int]Pair) {
	p, ok := agreement[i]
	if !ok { // it is the earlier one of all its pairs, and joined through a later
		p = Pair{A: first, B: i, Agreement: sameAbove}
	}
	f := Finding{Kind: NearDuplicate, Photo: i, Other: p.A, Score: p.Agreement,
		Detail: fmt.Sprintf("one picture: %.1f%% of its variance is in the other", 100*p.Agreement)}
	if p.Exact {
		f.Kind, f.Detail = ExactDuplicate, "files of the same bytes"
	}
	e.add(f)
}

// compare adds the findings about labels that differ from those of the same picture before it.
func (e *examination) compare(i int, splits, products, categories *firsts) {
	p := e.photos[i]
	if j, ok := splits.other(string(p.Split)); ok {
		e.add(Finding{Kind: Leak, Photo: i, Other: j, Detail: fmt.Sprintf("one picture in %s and %s", e.photos[j].Split,
			p.Split)})
	}
	if j, ok := products.other(p.Product); ok {
		e.add(Finding{Kind: Contradiction, Photo: i, Other: j, Detail: fmt.Sprintf("one picture of the products %s and %s",
			e.photos[j].Product, p.Product)})
	} else if j, ok := categories.other(string(p.Category)); ok {
		e.add(Finding{Kind: Contradiction, Photo: i, Other: j, Detail: fmt.Sprintf("one picture in the categories %s and %s",
			e.photos[j].Category, p.Category)})
	}
}

// firsts are the first photos of the first two values of a label.
type firsts struct {
	values [2]string
	at     [2]int
	n      int
}

func (f *firsts) note(value string, at int) {
	if value == "" || f.n == 2 || f.n == 1 && f.values[0] == value {
		return
	}
	f.values[f.n], f.at[f.n] = value, at
	f.n++
}

// other returns the first photo of another value; an unknown value contradicts nothing.
func (f *firsts) other(value string) (at int, ok bool) {
	if value == "" {
		return 0, false
	}
	for k := range f.n {
		if f.values[k] != value {
			return f.at[k], true
		}
	}
	return 0, false
}

// trained says whether a split is learned from.
func trained(s catalog.Split) bool { return s == catalog.Train || s == catalog.Val }

// products looks for products that are both trained on and searched, and for queries
// whose product the index lacks.
func (e *examination) products() {
	type firstPhotos struct{ learned, searched, query, index int }
	products := map[string]*firstPhotos{}
	var order []string
	for i, p := range e.photos {
		if p.Product == "" {
			continue
		}
		s := products[p.Product]
		if s == nil {
			s = &firstPhotos{None, None, None, None}
			products[p.Product] = s
			order = append(order, p.Product)
		}
		note := func(at *int) {
			if *at == None {
				*at = i
			}
		}
		if trained(p.Split) {
			note(&s.learned)
		} else {
			note(&s.searched)
		}
		switch p.Split {
		case catalog.Query:
			note(&s.query)
		case catalog.Index:
			note(&s.index)
		}
	}
	for _, name := range order {
		s := products[name]
		if s.learned != None && s.searched != None {
			e.add(Finding{Kind: Leak, Photo: s.searched, Other: s.learned,
				Detail: fmt.Sprintf("the product %s is in %s and %s", name, e.photos[s.learned].Split, e.photos[s.searched].Split)})
		}
		if s.query != None && s.index == None {
			e.about(NoMatch, s.query, "the index has no photo of the product %s", name)
		}
	}
}

// categories counts a category's train photos, or all of its photos in a catalogue
// without train photos.
func (e *examination) categories(few int) {
	learning := slices.ContainsFunc(e.photos, func(p catalog.Photo) bool { return p.Split == catalog.Train })
	count := map[catalog.Category]int{}
	for _, p := range e.photos {
		if p.Category == "" {
			continue
		}
		n := 0
		if !learning || p.Split == catalog.Train {
			n = 1
		}
		count[p.Category] += n
	}
	var found []Finding
	for c, n := range count {
		if n < few {
			where := ""
			if learning {
				where = " in train"
			}
			found = append(found, Finding{Kind: FewPhotos, Photo: None, Other: None, Category: c, Score: float64(n),
				Detail: fmt.Sprintf("%d photos%s", n, where)})
		}
	}
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Category, b.Category))
	})
	for _, f := range found {
		e.add(f)
	}
}

// Sizes are the shorter sides of readable photos, in pixels, and their files' bytes.
type Sizes struct {
	Photos                    int
	Smallest, Median, Largest int
	LowTenth, HighTenth       int
	Bytes                     int64
	MostAspect                float64 // longer by shorter side
}

func sizesOf(facts []Facts) Sizes {
	var s Sizes
	var shorter []int
	for i := range facts {
		f := &facts[i]
		if f.Problem != "" {
			continue
		}
		short, long := min(f.Width, f.Height), max(f.Width, f.Height)
		shorter = append(shorter, short)
		s.Bytes += f.Bytes
		s.MostAspect = max(s.MostAspect, float64(long)/float64(short))
	}
	if s.Photos = len(shorter); s.Photos == 0 {
		return s
	}
	slices.Sort(shorter)
	at := func(q float64) int { return shorter[int(q*float64(len(shorter)-1))] }
	s.Smallest, s.LowTenth, s.Median, s.HighTenth, s.Largest = at(0), at(0.1), at(0.5), at(0.9), at(1)
	return s
}
