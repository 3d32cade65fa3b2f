package explain

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/check"
)

// findCopies finds results that are one picture with a right photo, the query or a nearer result. The cure leaves one
// of each picture in the index.
func (e *examination) findCopies(ctx context.Context) error {
	dropped := e.spareCopies()
	for unknown := e.behind(dropped); len(unknown) > 0; unknown = e.behind(dropped) {
		if _, err := e.findPictures(ctx, append(slices.Sorted(maps.Keys(e.pictures)), unknown...)); err != nil {
			return err
		}
		dropped = e.spareCopies()
	}
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
	for id, g := range e.pictures {
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
			if row != best {
				dropped[row] = true
			}
		}
	}
	return dropped
}

// behind are photos that come among the first ten where rows are dropped, and that are not compared with others yet:
// they may be copies themselves.
func (e *examination) behind(dropped map[int]bool) []string {
	var unknown []string
	seen := map[string]bool{}
	for _, c := range e.cases {
		if !slices.ContainsFunc(e.first[c.query], func(row int) bool { return dropped[row] }) {
			continue
		}
		for _, row := range e.firstWithout(c.query, func(row int) bool { return dropped[row] }) {
			id := e.photo(row)
			if _, known := e.pictures[id]; !known && !seen[id] && e.byID[id].ID != "" {
				seen[id], unknown = true, append(unknown, id)
			}
		}
	}
	return unknown
}

// findPictures finds which photos are one picture, by package check, and returns the digests of their files.
func (e *examination) findPictures(ctx context.Context, ids []string) (map[string][32]byte, error) {
	files := make([]string, len(ids))
	for i, id := range ids {
		files[i] = e.Catalog.File(e.byID[id])
	}
	name := func(file string) string { return e.opts.Dir + "/" + file }
	update, finish := e.opts.Progress("reading photos")
	facts, err := check.Scan(ctx, files, name("scan"), check.ScanOptions{Progress: update})
	finish()
	if err != nil {
		return nil, err
	}
	update, finish = e.opts.Progress("comparing photos that look alike")
	pairs, err := check.Duplicates(ctx, files, facts, name("duplicates"), check.DuplicateOptions{Verify: update})
	finish()
	if err != nil {
		return nil, err
	}
	e.pictures = map[string]int{}
	digests := map[string][32]byte{}
	for i, group := range check.Groups(len(files), pairs) {
		e.pictures[ids[i]], digests[ids[i]] = group, facts[i].SHA256
	}
	return digests, nil
}
