package main

import (
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/check"
)

// findingsPage shows some findings of each kind with their photos.
func findingsPage(r *check.Report, c *checkCommand) chart.Findings {
	page := chart.Findings{
		Title:    "Check of the catalogue " + c.Catalog,
		Subtitle: describe(r) + " · " + describeSizes(r.Sizes),
		Footer:   "Faults make scores wrong or runs fail. Hints are worth a look. findings.csv has everything.",
	}
	photo := func(place int) *chart.Photo {
		p, ok := r.Photo(place)
		if !ok {
			return nil
		}
		return &chart.Photo{ID: p.ID, Path: r.Catalog.File(p), Product: p.Product, Category: string(p.Category),
			Title: p.Title, Split: string(p.Split)}
	}
	for _, k := range check.Kinds {
		if !c.looked(k) {
			continue
		}
		findings := r.Of(k)
		s := chart.Section{Name: string(k), Explain: explanations[k], Fault: k.Fault(), Total: len(findings)}
		for _, f := range findings[:min(chart.MaxItems, len(findings))] {
			i := chart.Item{Photo: photo(f.Photo), Other: photo(f.Other), Detail: f.Detail, Name: string(f.Category)}
			if i.Photo == nil && i.Name == "" {
				i.Name = "a row of photos.csv"
			}
			s.Items = append(s.Items, i)
		}
		page.Sections = append(page.Sections, s)
	}
	return page
}
