package main

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
)

// named is a system with the name that it has in pictures.
type named struct {
	name string
	system
}

// gallery shows the first system's results beside the scores of all.
func gallery(cat *catalog.Catalog, systems []named) chart.Gallery {
	first := systems[0]
	mar := first.report.MAR()
	g := chart.Gallery{
		Title:    "Product visual search: ten nearest neighbours",
		Subtitle: fmt.Sprintf("%s · MAR@10 = %.3f [%.3f, %.3f] over %d queries in %d index photos", first.name, mar.Value, mar.Low, mar.High, first.report.Queries, len(cat.Split(catalog.Index))),
		Total:    first.report.Queries,
		Footer:   "Bars: macro-average recall at 10 with 95% bootstrap intervals. Green frame and tick: the query's own product. Numbers: cosine similarity.",
	}
	for _, s := range systems {
		m := s.report.MAR()
		g.Systems = append(g.Systems, chart.System{Name: s.name, MAR: m.Value, Low: m.Low, High: m.High})
	}
	photos := map[string]catalog.Photo{}
	for _, p := range cat.Photos {
		photos[p.ID] = p
	}
	show := func(id string) chart.Photo {
		p := photos[id]
		return chart.Photo{ID: id, Path: cat.File(p), Product: p.Product, Category: p.Category.Leaf(), Title: p.Title}
	}
	truth, err := cat.Truth()
	if err != nil {
		return g // the report was made with it: it can be read
	}
	found := map[string][]chart.Result{}
	for r := range each(first.results) {
		right := false
		for _, id := range truth[r.Query] {
			right = right || id == r.Index
		}
		found[r.Query] = append(found[r.Query], chart.Result{Photo: show(r.Index), Rank: r.Rank, Score: r.Score, Right: right})
	}
	for _, q := range first.report.PerQuery {
		g.Rows = append(g.Rows, chart.Row{Query: show(q.Query), Results: found[q.Query], Recall: q.Values[0], Relevant: q.Relevant, Hits: q.Hits})
	}
	return g
}
