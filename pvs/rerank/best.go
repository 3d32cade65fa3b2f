package rerank

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/search"
)

// Best makes one list of k hits of the lists of several queries that are photos of one
// thing: a row takes its best score. Names says of what thing each query is; things are
// those names in the order of their first queries. With lists of k hits or more the result
// is exact. One vector of several photos is combine.Mean.
func Best(hits [][]search.Hit, names []string, k int, id func(row int) string) (things []string,
	best [][]search.Hit, err error) {
	if len(hits) != len(names) {
		return nil, nil, fmt.Errorf("%d names do not say of what %d queries are photos", len(names), len(hits))
	}
	if k < 1 {
		return nil, nil, fmt.Errorf("k = %d results make no search", k)
	}
	place := map[string]int{}
	var scores []map[int]float32
	for q, list := range hits {
		p, known := place[names[q]]
		if !known {
			p = len(things)
			place[names[q]] = p
			things = append(things, names[q])
			scores = append(scores, map[int]float32{})
		}
		for _, h := range list {
			if had, ok := scores[p][h.Row]; !ok || h.Score > had {
				scores[p][h.Row] = h.Score
			}
		}
	}
	best = make([][]search.Hit, len(things))
	for p, of := range scores {
		list := make([]search.Hit, 0, len(of))
		for row, score := range of {
			list = append(list, search.Hit{Row: row, Score: score})
		}
		byScore(list, id)
		best[p] = list[:min(k, len(list))]
	}
	return things, best, nil
}
