package explain

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// findCopies finds results that are one picture with a right photo, the query or a nearer result. The cure leaves one
// of each picture in the index.
func (e *examination) findCopies(context.Context) error {
	dropped := e.spareCopies()
	if len(dropped) == 0 {
		return nil
	}
	leave := func(row int) bool { return dropped[row] }
	after := map[int]float64{}
	for q := range e.before {
		// A right photo that is dropped is a copy of one that stays: it is no longer looked for.
		right := map[int]bool{}
		for row := range e.right[q] {
			if !dropped[row] {
				right[row] = true
			}
		}
		if len(right) == 0 {
			continue
		}
		was := e.right[q]
		e.right[q] = right
		v := e.without(q, leave) * float64(len(e.truth[e.Queries.IDs[q]])) /
			float64(len(e.truth[e.Queries.IDs[q]])-len(was)+len(right))
		e.right[q] = was
		if v != e.before[q] {
			after[q] = v
		}
	}
	for _, c := range e.cases {
		var copied []int
		for _, row := range e.wrong(c.query) {
			if dropped[row] {
				copied = append(copied, row)
			}
		}
		if len(copied) == 0 {
			continue
		}
		recall := after[c.query]
		if recall <= c.Recall {
			continue
		}
		e.found(c.query, Found{Cause: Copies, Photo: e.photo(copied[0]),
			Detail: fmt.Sprintf("%d of its first ten are copies of other photos of the index", len(copied))}, recall)
	}
	e.cure(Copies, "one of each picture in the index", false, after)
	return nil
}

// spareCopies are rows of the index that show the same picture as another one: all but one of each group, that of the
// product whose other photos agree with it most; of equal ones the earliest.
func (e *examination) spareCopies() map[int]bool {
	groups := map[int][]int{}
	for id, g := range e.copies {
		if row, ok := e.exact.Row(id); ok {
			groups[g] = append(groups[g], row)
		}
	}
	dropped := map[int]bool{}
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
		slices.Sort(group)
		best, most := group[0], math.Inf(-1)
		for _, row := range group {
			var rest []int
			for _, other := range e.products[e.product(row)] {
				if !slices.Contains(group, other) {
					rest = append(rest, other)
				}
			}
			const equal = 0.02 // what encoding a photo again does to a cosine
			if agrees, n := e.agreement(e.Index.Row(row), rest, -1); n > 0 && agrees > most+equal {
				best, most = row, agrees
			}
		}
		for _, row := range group {
			dropped[row] = row != best
		}
	}
	for row, is := range dropped {
		if !is {
			delete(dropped, row)
		}
	}
	return dropped
}

// findDoubts finds labels that are doubtful; the cure is the label of the product that the photo agrees with. A photo
// that something else is wrong with is no evidence about its label.
func (e *examination) findDoubts(ctx context.Context) error {
	var queries []int
	for _, c := range e.cases {
		wrong := func(f Found) bool { return f.seen || f.Cause.tier() <= Turned.tier() && f.Gain > 0 }
		if !slices.ContainsFunc(c.Causes, wrong) {
			queries = append(queries, c.query)
		}
	}
	doubts, err := e.doubts(ctx, queries)
	if err != nil {
		return err
	}
	after := map[int]float64{}
	for _, q := range queries {
		d, ok := doubts[q]
		if !ok {
			continue
		}
		rows := e.products[d.product]
		found := 0
		for _, row := range e.first[q] {
			if slices.Contains(rows, row) {
				found++
			}
		}
		after[q] = float64(found) / float64(len(rows))
		e.found(q, Found{Cause: Label, Photo: e.photo(e.nearestOf(q, rows)),
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
