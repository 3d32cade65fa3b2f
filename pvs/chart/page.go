package chart

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"image"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

//go:embed page.html
var pageText string

// pageTemplate escapes every text for its context in the HTML.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) },
	"score":   func(v float64) string { return fmt.Sprintf("%.3f", v) },
	"cosine":  func(v float32) string { return fmt.Sprintf("%.3f", v) },
	"width":   func(v float64) template.CSS { return template.CSS(fmt.Sprintf("%.2f%%", 100*max(0, min(1, v)))) },
	"span":    func(s System) template.CSS { return template.CSS(fmt.Sprintf("%.2f%%", 100*max(0, s.High-s.Low))) },
}).Parse(pageText))

// MaxRows bounds the size of a page: each row has eleven thumbnails, 30 KB in all.
const MaxRows = 200

// HTML writes the gallery as one page that needs nothing else: photos, style and
// script are inside. It can be filtered, sorted and searched, and is a plain list
// without scripts.
func (g Gallery) HTML(path string) error {
	if len(g.Rows) > MaxRows {
		g.Rows = Pick(g.Rows, MaxRows/2, MaxRows-MaxRows/2)
	}
	var categories []string
	for _, r := range g.Rows {
		if !slices.Contains(categories, r.Query.Category) {
			categories = append(categories, r.Query.Category)
		}
	}
	slices.Sort(categories)
	err := wholefile.Write(path, func(w io.Writer) error {
		return pageTemplate.Execute(w, struct {
			Gallery
			Categories []string
			Thumbnails thumbnails
		}{g, categories, g.thumbnails()})
	})
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	return nil
}

// Sides of thumbnails on a page, twice what they are shown at on a wide screen.
const (
	querySide  = 180
	resultSide = 120
)

// thumbnails are data URIs by the photo's path.
type thumbnails map[string]template.URL

// thumbnails makes those of all rows on all cores; a photo that was found by several
// queries is read once.
func (g Gallery) thumbnails() thumbnails {
	sides := map[string]int{}
	for _, r := range g.Rows {
		for _, res := range r.Results {
			sides[res.Path] = max(sides[res.Path], resultSide)
		}
		sides[r.Query.Path] = querySide
	}
	return dataURIs(sides, func(path string, side int) *image.RGBA {
		m, _ := thumbnail(path, side)
		return m
	})
}

// dataURIs draws the files on all cores, each at its side in pixels; where draw returns nil, the URI is empty.
func dataURIs(sides map[string]int, draw func(path string, side int) *image.RGBA) thumbnails {
	out := make(thumbnails, len(sides))
	var lock sync.Mutex
	paths := slices.Collect(maps.Keys(sides))
	_ = cores.Each(context.Background(), len(paths), func(i int) error {
		uri := template.URL(dataURI(draw(paths[i], sides[paths[i]])))
		lock.Lock()
		defer lock.Unlock()
		out[paths[i]] = uri
		return nil
	})
	return out
}
