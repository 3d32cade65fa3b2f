package labels

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Summary says what labels of one kind are worth.
type Summary struct {
	Kind           Kind            `json:"kind"`
	Photos         int             `json:"photos"`  // of all
	Classes        int             `json:"classes"` // different labels
	Labelled       int             `json:"labelled"`
	Shared         int             `json:"shared"`         // photos that have a label in common with another one
	Median         int             `json:"median"`         // photos of a class
	Largest        int             `json:"largest"`        // photos of the largest class
	Contradictions []Contradiction `json:"contradictions"` // those of most photos first
	Contradicted   int             `json:"contradicted"`   // photos of such classes
}

// Contradiction is a class that another kind of label divides: a title of several products, a product in several
// categories.
type Contradiction struct {
	Kind   Kind     `json:"kind"`
	Class  string   `json:"class"`
	Other  Kind     `json:"other"`
	Labels []string `json:"labels"` // of the other kind, sorted; at least two
	Photos int      `json:"photos"`
}

// one names a label of a kind.
var one = map[Kind]string{Products: "product", Titles: "title", Words: "word", Categories: "category", None: "photo"}

func (c Contradiction) String() string {
	const show = 3
	list := strings.Join(c.Labels[:min(show, len(c.Labels))], ", ")
	if len(c.Labels) > show {
		list += ", ..."
	}
	return fmt.Sprintf("the %s %q has %d %s (%s)", one[c.Kind], c.Class, len(c.Labels), c.Other, list)
}

// Summary counts. The photos are those of the set.
func (s Set) Summary(photos []catalog.Photo) Summary {
	counts := s.Counts()
	out := Summary{Kind: s.Kind, Photos: len(photos), Classes: len(s.Names)}
	for _, classes := range s.Of {
		if len(classes) > 0 {
			out.Labelled++
		}
		if slices.ContainsFunc(classes, func(c int32) bool { return counts[c] > 1 }) {
			out.Shared++
		}
	}
	if len(counts) > 0 {
		slices.Sort(counts)
		out.Median, out.Largest = counts[len(counts)/2], counts[len(counts)-1]
	}
	switch s.Kind {
	case Products:
		out.Contradictions = s.against(photos, Categories, func(p catalog.Photo) string { return string(p.Category) })
	case Titles:
		out.Contradictions = s.against(photos, Products, func(p catalog.Photo) string { return p.Product })
	}
	for _, c := range out.Contradictions {
		out.Contradicted += c.Photos
	}
	return out
}

// against finds classes whose photos have several labels of another kind.
func (s Set) against(photos []catalog.Photo, other Kind, label func(catalog.Photo) string) []Contradiction {
	seen, counts := make([]map[string]bool, len(s.Names)), s.Counts()
	for i, p := range photos {
		for _, c := range s.Of[i] {
			if seen[c] == nil {
				seen[c] = map[string]bool{}
			}
			if l := label(p); l != "" {
				seen[c][l] = true
			}
		}
	}
	var out []Contradiction
	for c, labels := range seen {
		if len(labels) < 2 {
			continue
		}
		var names []string
		for l := range labels {
			names = append(names, l)
		}
		slices.Sort(names)
		out = append(out, Contradiction{s.Kind, s.Names[c], other, names, counts[c]})
	}
	slices.SortStableFunc(out, func(a, b Contradiction) int { return cmp.Compare(b.Photos, a.Photos) })
	return out
}
