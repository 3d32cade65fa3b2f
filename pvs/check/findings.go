package check

import (
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Kind of a finding.
type Kind string

// The kinds, in the order in which they are listed. The first four are faults, which
// make scores wrong or runs fail; the others are hints, each worth a look.
const (
	BadRow          Kind = "bad row"             // of photos.csv, left out
	Unreadable      Kind = "unreadable"          // the photo's file
	Leak            Kind = "leak"                // from one split into another
	Contradiction   Kind = "contradiction"       // one picture under two labels
	ExactDuplicate  Kind = "exact duplicate"     // files of the same bytes
	NearDuplicate   Kind = "near duplicate"      // encoded again, resized, slightly cropped
	Blank           Kind = "blank"               // a picture of one colour
	Small           Kind = "small"               // fewer pixels than the network takes
	FewPhotos       Kind = "few photos"          // of a category
	NoMatch         Kind = "no match"            // no index photo of a query's product
	SuspectCategory Kind = "suspicious category" // the neighbours' is another
	SuspectProduct  Kind = "suspicious product"  // the neighbours' is another
)

// Kinds lists all of them in order.
var Kinds = []Kind{BadRow, Unreadable, Leak, Contradiction, ExactDuplicate, NearDuplicate, Blank, Small, FewPhotos,
	NoMatch, SuspectCategory, SuspectProduct}

// Fault says whether a kind makes scores wrong or runs fail.
func (k Kind) Fault() bool {
	return k == BadRow || k == Unreadable || k == Leak || k == Contradiction
}

// None is the index of no photo in a finding.
const None = -1

// Finding is a fault or a hint.
type Finding struct {
	Kind     Kind
	Photo    int              // index of the photo in the catalogue; None for a row or a category
	Other    int              // index of the other photo that it is about, or None
	Category catalog.Category // of FewPhotos
	Score    float64          // agreement, votes or nearness, where there is one
	Detail   string           // one clause
}

// Limits of [Examine].
type Limits struct {
	MinSide int // pixels of the shorter side below which a photo is small; 0: none is
	Few     int // photos below which a category has few; 0: none has
}

// Report is what was found in a catalogue.
type Report struct {
	Catalog  *catalog.Catalog
	Findings []Finding // by kind
	Sizes    Sizes
}

// Examine returns the findings from facts and pairs, and those about labels, sorted by kind.
func Examine(c *catalog.Catalog, facts []Facts, pairs []Pair, labels []Finding, limits Limits) *Report {
	e := &examination{photos: c.Photos, facts: facts, by: map[Kind][]Finding{}}
	for _, p := range c.Skipped {
		e.add(Finding{Kind: BadRow, Photo: None, Other: None, Detail: p.String()})
	}
	e.files(limits.MinSide)
	e.duplicates(pairs)
	e.products()
	e.categories(limits.Few)
	for _, f := range labels {
		e.add(f)
	}
	r := &Report{Catalog: c, Sizes: sizesOf(facts)}
	for _, k := range Kinds {
		r.Findings = append(r.Findings, e.by[k]...)
	}
	return r
}

// Of returns the findings of a kind.
func (r *Report) Of(kind Kind) []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

// Faults counts the findings that are faults.
func (r *Report) Faults() int {
	n := 0
	for _, f := range r.Findings {
		if f.Kind.Fault() {
			n++
		}
	}
	return n
}

// Photo returns a finding's photo or other photo; ok is false for None.
func (r *Report) Photo(index int) (p catalog.Photo, ok bool) {
	if index == None {
		return p, false
	}
	return r.Catalog.Photos[index], true
}

var findingColumns = []string{"finding", "level", "photo", "split", "product", "category", "path", "other",
	"other_split", "other_product", "other_category", "other_path", "score", "detail"}

// WriteCSV writes all findings as a table; it appears whole or not at all.
func (r *Report) WriteCSV(path string) error {
	return wholefile.CSV(path, findingColumns, func(yield func([]string) bool) {
		for _, f := range r.Findings {
			if !yield(r.row(f)) {
				return
			}
		}
	})
}

func (r *Report) row(f Finding) []string {
	level := "hint"
	if f.Kind.Fault() {
		level = "fault"
	}
	p, _ := r.Photo(f.Photo)
	o, _ := r.Photo(f.Other)
	if f.Category != "" {
		p.Category = f.Category
	}
	score := ""
	if f.Score != 0 {
		score = strconv.FormatFloat(f.Score, 'f', 4, 64)
	}
	return []string{string(f.Kind), level, p.ID, string(p.Split), p.Product, string(p.Category), p.Path,
		o.ID, string(o.Split), o.Product, string(o.Category), o.Path, score, f.Detail}
}
