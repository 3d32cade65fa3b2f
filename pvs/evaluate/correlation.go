package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// RankCorrelation returns Spearman's rho of two lists of scores of the same things: the
// correlation of their ranks, where tied values have the average of their ranks. It
// measures whether two leaderboards order runs alike, whatever the scales of their scores.
func RankCorrelation(a, b []float64) (rho float64, err error) {
	if len(a) != len(b) {
		return 0, fmt.Errorf("rank correlation of %d scores with %d: every score needs its partner", len(a), len(b))
	}
	if len(a) < 3 {
		return 0, fmt.Errorf("rank correlation of %d pairs of scores: at least 3 are needed", len(a))
	}
	ra, err := ranks(a)
	if err != nil {
		return 0, err
	}
	rb, err := ranks(b)
	if err != nil {
		return 0, err
	}
	middle := float64(len(a)+1) / 2 // the mean of all ranks, with ties too
	var ab, aa, bb float64
	for i := range ra {
		da, db := ra[i]-middle, rb[i]-middle
		ab, aa, bb = ab+da*db, aa+da*da, bb+db*db
	}
	return ab / math.Sqrt(aa*bb), nil
}

// ranks returns the rank of each value, from 1; tied values have the average of theirs.
func ranks(values []float64) ([]float64, error) {
	order := make([]int, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			return nil, fmt.Errorf("rank correlation: score %d is not a number", i+1)
		}
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	if values[order[0]] == values[order[len(order)-1]] {
		return nil, fmt.Errorf("rank correlation: all %d scores are %g, so they have no order", len(values), values[0])
	}
	out := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+1+to) / 2 // the mean of ranks from+1 to to
		}
		from = to
	}
	return out, nil
}
