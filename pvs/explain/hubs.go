package explain

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

// A hub is a photo that is among the first ten of at least hubShare of the queries, and hubDeviations standard
// deviations above the mean of all photos (2 in Radovanović et al. 2010, section 3, where few photos have any), without
// being right for most of them.
const (
	hubShare      = 0.05
	hubDeviations = 3
	hubLeast      = 6 // queries
)

// occurrences are, for each row of the index, how many queries have it among their first ten (the k-occurrence N_10 of
// Radovanović et al. 2010, of queries), and of how many of them it is no right photo.
func (x *searched) occurrences() (all, bad []int) {
	all, bad = make([]int, x.Index.Len()), make([]int, x.Index.Len())
	for q, first := range x.first {
		for _, row := range first[:min(retrieval.K, len(first))] {
			all[row]++
			if !x.right[q][row] {
				bad[row]++
			}
		}
	}
	return all, bad
}

// skewness is the third standardised moment: that of k-occurrences says whether there are hubs.
func skewness(counts []int) float64 {
	mean, dev := moments(counts)
	if dev == 0 {
		return 0
	}
	sum := 0.0
	for _, c := range counts {
		d := (float64(c) - mean) / dev
		sum += d * d * d
	}
	return sum / float64(len(counts))
}

func moments(counts []int) (mean, deviation float64) {
	for _, c := range counts {
		mean += float64(c)
	}
	mean /= float64(max(1, len(counts)))
	for _, c := range counts {
		deviation += (float64(c) - mean) * (float64(c) - mean)
	}
	return mean, math.Sqrt(deviation / float64(max(1, len(counts))))
}

// hubs are the rows that are hubs, with how many queries they are in the way of.
func (x *searched) hubs() (rows map[int]int, skew float64) {
	all, bad := x.occurrences()
	mean, dev := moments(all)
	rows = map[int]int{}
	for row, n := range all {
		if n >= hubLeast && float64(n) >= hubShare*float64(len(x.first)) && float64(n) > mean+hubDeviations*dev &&
			2*bad[row] > n {
			rows[row] = bad[row]
		}
	}
	return rows, skewness(all)
}
