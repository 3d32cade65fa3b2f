package chart

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

//go:embed findings.html
var findingsText string

var findingsTemplate = template.Must(template.New("findings").Funcs(template.FuncMap{
	"thousands": thousands,
}).Parse(findingsText))

// Findings is a page of what was found in a catalogue.
type Findings struct {
	Title    string
	Subtitle string
	Sections []Section
	Footer   string
}

// Section is the findings of one kind.
type Section struct {
	Name    string
	Explain string // one sentence: what it means and what to do
	Fault   bool   // else a hint
	Total   int    // of findings, of which Items may be a sample
	Items   []Item
}

// Item is one finding. Photo and Other may be left out.
type Item struct {
	Photo, Other *Photo
	Name         string // instead of photos
	Detail       string
}

// MaxItems is how many items of a section a page should show at most: each carries up
// to two thumbnails of some 6 KB.
const MaxItems = 40

// itemSide bounds a photo on the page, twice what it is shown at on a desk.
const itemSide = 220

// HTML writes one page that needs nothing else. Photos are shown whole. It can be
// filtered by kind and words, and is a plain list without scripts.
func (f Findings) HTML(path string) error {
	sides := map[string]int{} // side of the square that bounds a photo, by its path
	for _, s := range f.Sections {
		for _, i := range s.Items {
			for _, p := range []*Photo{i.Photo, i.Other} {
				if p != nil {
					sides[p.Path] = itemSide
				}
			}
		}
	}
	pictures := dataURIs(sides, fitted)
	err := wholefile.Write(path, func(w io.Writer) error { return f.execute(w, pictures) })
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	return nil
}

// pictured is a photo with its picture, which is empty where the file cannot be read.
type pictured struct {
	Photo
	URI template.URL
}

// itemView and sectionView are those of [Findings] with pictures.
type itemView struct {
	Item
	Photo, Other *pictured
}

type sectionView struct {
	Section
	Items []itemView
}

// execute writes the page from its template.
func (f Findings) execute(w io.Writer, pictures thumbnails) error {
	show := func(p *Photo) *pictured {
		if p == nil {
			return nil
		}
		return &pictured{*p, pictures[p.Path]}
	}
	var sections []sectionView
	for _, s := range f.Sections {
		page := sectionView{Section: s}
		for _, i := range s.Items {
			page.Items = append(page.Items, itemView{i, show(i.Photo), show(i.Other)})
		}
		sections = append(sections, page)
	}
	return findingsTemplate.Execute(w, struct {
		Findings
		Sections []sectionView
	}{f, sections})
}
