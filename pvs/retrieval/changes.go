package retrieval

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
)

// Changes shows what two entries of one catalogue find, before above after, for the queries that gained most and for
// those that lost most.
func Changes(c *catalog.Catalog, before, after *Entry, gained, lost int) (chart.Gallery, error) {
	old, err := Gallery(c, before)
	if err != nil {
		return old, err
	}
	g, err := Gallery(c, after)
	if err != nil {
		return g, err
	}
	g.Title = "What is found, before and after"
	g.Systems = append(g.Systems, old.Systems...)
	was := map[string]chart.Row{}
	for _, r := range old.Rows {
		was[r.Query.ID] = r
	}
	rows := slices.DeleteFunc(g.Rows, func(r chart.Row) bool { return was[r.Query.ID].Recall == r.Recall })
	gain := func(r chart.Row) float64 { return r.Recall - was[r.Query.ID].Recall }
	slices.SortFunc(rows, func(a, b chart.Row) int {
		return cmp.Or(cmp.Compare(gain(b), gain(a)), cmp.Compare(b.Relevant, a.Relevant),
			cmp.Compare(a.Query.ID, b.Query.ID))
	})
	better := 0
	for _, r := range rows {
		if gain(r) > 0 {
			better++
		}
	}
	worse := len(rows) - better
	pairs := func(heading string, rows []chart.Row) (out []chart.Row) {
		for _, r := range rows {
			first := was[r.Query.ID]
			first.Heading, first.Note, r.Note = heading, "before", "after"
			out = append(out, first, r)
			heading = ""
		}
		return out
	}
	g.Rows = append(pairs(fmt.Sprintf("%d queries find more; most of all", better), rows[:min(gained, better)]),
		pairs(fmt.Sprintf("%d find less; least of all", worse), rows[len(rows)-min(lost, worse):])...)
	return g, nil
}
