package whiten

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Of many rows those of a class are taken together; each row once, in order, no more than asked for.
func TestSample(t *testing.T) {
	pairs := func(n int) []int32 { // n products of two photos, far apart
		return append(numbered(n), numbered(n)...)
	}
	few := make([]int32, 1000) // two classes and single ones
	for i := range few {
		few[i] = int32(i % 2)
		if i%10 == 9 {
			few[i] = -1
		}
	}
	rare := numbered(1000) // one pair among a thousand
	rare[70] = rare[900]
	for _, c := range []struct {
		name             string
		classes          []int32
		limit, least     int
		shared, mostOfIt int // rows of classes of two or more, and of the largest
	}{
		{"many pairs", pairs(500), 100, 100, 100, 2},
		{"an odd limit", pairs(500), 101, 100, 100, 2},
		{"few classes", few, 100, 100, 100, 50},
		{"one pair", rare, 100, 100, 2, 2},
		{"no classes", slices.Repeat([]int32{-1}, 1000), 100, 100, 0, 0},
		{"none, by another number", slices.Repeat([]int32{-2}, 1000), 100, 100, 0, 0},
		{"each its own", numbered(1000), 100, 100, 0, 0},
		{"all fit", few[:50], 100, 50, 45, 25},
	} {
		rows := Sample(c.classes, c.limit)
		count := map[int32]int{}
		for _, r := range rows {
			if c.classes[r] >= 0 {
				count[c.classes[r]]++
			}
		}
		shared, most := 0, 0
		for _, n := range count {
			if n > 1 {
				shared, most = shared+n, max(most, n)
			}
		}
		if len(rows) < c.least || len(rows) > c.limit || !slices.IsSorted(rows) ||
			len(slices.Compact(slices.Clone(rows))) != len(rows) || shared != c.shared || most != c.mostOfIt {
			t.Errorf("%s: %d rows, %d of classes with others, %d of one: %v", c.name, len(rows), shared, most, rows)
		}
	}
}

// numbered are n classes of one row.
func numbered(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// A learned whitening of many products with two photos each finds what differs within them.
func TestLearnOfMany(t *testing.T) {
	const products = 300
	set, classes := &vectors.Set{Dim: 4}, append(numbered(products), numbered(products)...)
	rng := rand.New(rand.NewPCG(1, 1))
	for range classes {
		for range set.Dim {
			set.Data = append(set.Data, float32(rng.NormFloat64()))
		}
		set.IDs = append(set.IDs, fmt.Sprint(len(set.IDs)))
	}
	if _, err := LearnDense(set, classes, Options{Dim: 2, Rows: 50}); err != nil {
		t.Error(err)
	}
}
