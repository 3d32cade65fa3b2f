package retrieval

import (
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
)

// Gallery shows the first entry's results beside the scores of all.
func Gallery(c *catalog.Catalog, entries ...*Entry) (chart.Gallery, error) {
	if len(entries) == 0 {
		return chart.Gallery{}, fmt.Errorf("a gallery of the catalogue %s needs an entry to show", c.Dir)
	}
	first := entries[0]
	mar := first.Report.MAR()
	g := chart.Gallery{
		Title: "Product visual search: ten nearest neighbours",
		Subtitle: fmt.Sprintf("%s · MAR@10 = %.3f [%.3f, %.3f] over %d queries in %d index photos",
			first.Name, mar.Value, mar.Low, mar.High, first.Report.Queries, len(c.Split(catalog.Index))),
		Total: first.Report.Queries,
		Footer: "Bars: macro-average recall at 10 with 95% bootstrap intervals. " +
			"Green frame and tick: the query's own product. Numbers: cosine similarity.",
	}
	for _, e := range entries {
		m := e.Report.MAR()
		g.Systems = append(g.Systems, chart.System{Name: e.Name, MAR: m.Value, Low: m.Low, High: m.High})
	}
	truth, err := c.Truth()
	if err != nil {
		return g, err
	}
	show := photos(c)
	found := map[string][]chart.Result{}
	for r := range first.Results.Each {
		found[r.Query] = append(found[r.Query], chart.Result{Photo: show(r.Index), Rank: r.Rank, Score: r.Score,
			Right: slices.Contains(truth[r.Query], r.Index)})
	}
	for _, q := range first.Report.PerQuery {
		g.Rows = append(g.Rows, chart.Row{Query: show(q.Query), Results: found[q.Query], Recall: q.Values[0],
			Relevant: q.Relevant, Hits: q.Hits})
	}
	return g, nil
}

// photos returns a function that looks up a photo with its labels by id.
func photos(c *catalog.Catalog) func(id string) chart.Photo {
	byID := c.ByID()
	return func(id string) chart.Photo {
		p := byID[id]
		return chart.Photo{ID: id, Path: c.File(p), Product: p.Product, Category: p.Category.Leaf(), Title: p.Title}
	}
}
