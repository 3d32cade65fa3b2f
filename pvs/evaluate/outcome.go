package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// outcome is one query's ranked list compared with the truth: all that metrics need.
type outcome struct {
	right    []bool // for each result, best first, whether it is relevant
	end      []int  // for each result, how many have its score or a higher one; nil where scores are not known
	relevant int    // R, index photos that show the same product; at least 1
}

// hits counts the relevant results among the n best.
func (o outcome) hits(n int) int {
	found := 0
	for _, r := range o.right[:min(n, len(o.right))] {
		if r {
			found++
		}
	}
	return found
}

// precisions sums, over the relevant results among the n best, the share of relevant ones down to each.
func (o outcome) precisions(n int) float64 {
	sum, hits := 0.0, 0
	for i, r := range o.right[:min(n, len(o.right))] {
		if r {
			hits++
			sum += float64(hits) / float64(i+1)
		}
	}
	return sum
}

// reciprocal is 1 / the rank of the first relevant result among the n best, 0 if there is none.
func (o outcome) reciprocal(n int) float64 {
	if i := slices.Index(o.right[:min(n, len(o.right))], true); i >= 0 {
		return 1 / float64(i+1)
	}
	return 0
}

// outcomeOf compares the results of a query with its relevant photos.
func (r *Ranked) outcomeOf(query string, relevant map[string]bool, opts Options) (outcome, error) {
	list, scores := r.IDs[query], r.Scores[query]
	o := outcome{relevant: len(relevant)}
	seen := make(map[string]bool, len(list))
	kept := make([]int, 0, len(list))
	for i, id := range list {
		if id == query && !opts.keepsOwn() {
			continue
		}
		if seen[id] {
			return o, fmt.Errorf("the results of query %s name %s twice", query, id)
		}
		seen[id] = true
		kept = append(kept, i)
	}
	right := func(i int) bool { return relevant[list[i]] }
	if len(scores) > 0 {
		r.orderTies(kept, scores, list, right, opts.Conventions.Ties)
		o.end = groupEnds(kept, scores)
	}
	for _, i := range kept {
		o.right = append(o.right, right(i))
	}
	return o, nil
}

// orderTies orders the results of one score as a convention says.
func (r *Ranked) orderTies(kept []int, scores []float32, ids []string, right func(int) bool, ties Ties) {
	if ties == TiesAsRanked {
		return
	}
	first := func(i int) int { // 0 comes before 1
		if right(i) == (ties == TiesBest) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(kept, func(a, b int) int {
		if c := cmp.Compare(scores[b], scores[a]); c != 0 {
			return c
		}
		if ties == TiesIDDescending {
			return strings.Compare(ids[b], ids[a])
		}
		return first(a) - first(b)
	})
}

// groupEnds returns for each result how many results have its score or a higher one.
func groupEnds(kept []int, scores []float32) []int {
	ends := make([]int, len(kept))
	for i := len(kept) - 1; i >= 0; i-- {
		ends[i] = i + 1
		if i+1 < len(kept) && scores[kept[i]] == scores[kept[i+1]] {
			ends[i] = ends[i+1]
		}
	}
	return ends
}
