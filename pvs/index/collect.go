package index

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/index/codes"
)

// ranked is something with a score.
type ranked interface{ rank() float32 }

// candidate is a row with the estimate of its score.
type candidate struct {
	place
	score float32
}

func (c candidate) rank() float32 { return c.score }

func (s scored) rank() float32 { return s.score }

// best leaves the n elements with the largest scores, in no order (quickselect).
func best[T ranked](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	for from, to := 0, len(list); to-from > 1; {
		pivot := middle(list[from].rank(), list[from+(to-from)/2].rank(), list[to-1].rank())
		i, j := from, to-1
		for i <= j {
			for list[i].rank() > pivot {
				i++
			}
			for list[j].rank() < pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch { // [from, j] are not smaller than the pivot, [i, to) not larger, what is between is equal
		case n <= j+1:
			to = j + 1
		case n >= i:
			from = i
		default:
			return list[:n]
		}
	}
	return list[:n]
}

func middle(a, b, c float32) float32 { return max(min(a, b), min(max(a, b), c)) }

// collected is the n best candidates that a goroutine has found.
type collected struct {
	n     int
	least float32 // what is not larger is no candidate
	list  []candidate
	found codes.Found
}

// collectedRoom is for how many rows more than n there is room: the smaller, the more often the best are chosen.
const collectedRoom = 4096

func newCollected(n int) *collected {
	return &collected{n: n, least: float32(math.Inf(-1)),
		found: codes.Found{Rows: make([]uint32, 0, collectedRoom), Scores: make([]float32, 0, collectedRoom)}}
}

// add takes what was found, and says whether the least score has risen.
func (c *collected) add(part int) bool {
	for i, row := range c.found.Rows {
		c.list = append(c.list, candidate{place{part, int(row)}, c.found.Scores[i]})
	}
	if len(c.list) < c.n+min(c.n, collectedRoom) {
		return false
	}
	c.list = best(c.list, c.n)
	least := c.list[0].score
	for _, x := range c.list {
		least = min(least, x.score)
	}
	risen := least > c.least
	c.least = max(c.least, least)
	return risen
}
