package explain

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// findDoubts finds labels that are doubtful; the cure is the label of the product that the photo is of, which is not
// always the one that it agrees with most. A photo that something else is wrong with is no evidence about its label.
func (e *examination) findDoubts(ctx context.Context) error {
	var queries []int
	for _, c := range e.cases {
		wrong := func(f Found) bool { return f.seen || f.Cause.tier() <= Turned.tier() && f.Gain > 0 }
		if !slices.ContainsFunc(c.Causes, wrong) {
			queries = append(queries, c.query)
		}
	}
	doubts, corrected, err := e.doubts(ctx, queries)
	if err != nil {
		return err
	}
	after := map[int]float64{}
	for _, q := range queries {
		d, ok := doubts[q]
		if !ok {
			continue
		}
		after[q] = corrected * e.share(e.first[q], d.product, -1)
		e.found(q, Found{Cause: Label, Photo: e.photo(e.nearestOf(q, e.products[d.product])),
			Detail: fmt.Sprintf("%.1f%% of the index is nearer than the photos of %s, %.1f%% than its own product's; these "+
				"have %.2f of its colours, the others %.2f; %.1f%% of the index's photos are as suspicious",
				100*math.Exp(d.theirs), d.product, 100*math.Exp(d.ours), d.ourColours, d.theirColours, 100*d.odds)}, after[q])
	}
	e.cure(Label, "the label corrected", false, after)
	return nil
}

// nearestOf is the row that is nearest to a query.
func (e *examination) nearestOf(q int, rows []int) int {
	return slices.MaxFunc(rows, func(a, b int) int {
		switch x, y := dot(e.Queries.Row(q), e.Index.Row(a)), dot(e.Queries.Row(q), e.Index.Row(b)); {
		case x > y:
			return 1
		case x < y:
			return -1
		}
		return 0
	})
}

// findHubs finds photos that are in the way of very many queries; the cure leaves them out.
func (e *examination) findHubs(context.Context) error {
	hubs, skew := e.hubs()
	e.skew = skew
	if len(hubs) == 0 {
		return nil
	}
	after := map[int]float64{}
	for q := range e.before {
		if v := e.without(q, func(row int) bool { _, hub := hubs[row]; return hub }); v != e.before[q] {
			after[q] = v
		}
	}
	for _, c := range e.cases {
		for _, row := range e.wrong(c.query) {
			if n, hub := hubs[row]; hub {
				recall, ok := after[c.query]
				if !ok {
					recall = c.Recall
				}
				e.found(c.query, Found{Cause: Hub, Photo: e.photo(row),
					Detail: fmt.Sprintf("%s is wrongly among the first ten of %d of %d queries", e.photo(row), n, len(e.before))},
					recall)
				break
			}
		}
	}
	e.cure(Hub, "without the hubs", false, after)
	return nil
}

// findApproximate compares what was found with the exact search.
func (e *examination) findApproximate(context.Context) error {
	if e.Found == nil {
		return nil
	}
	after := map[int]float64{}
	for q := range e.before {
		if v := e.recall(q, rows(e.hits[q], 10)); v != e.before[q] {
			after[q] = v
		}
	}
	for _, c := range e.cases {
		if v, ok := after[c.query]; ok && v > c.Recall {
			e.found(c.query, Found{Cause: Approximate, Detail: "the exact search has more right photos among its first ten"}, v)
		}
	}
	e.cure(Approximate, "the exact search", false, after)
	return nil
}
