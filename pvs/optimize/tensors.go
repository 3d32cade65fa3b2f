package optimize

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Tensors are weights, gradients or moments by name, row by row.
type Tensors map[string][]float32

// block is how many values are worked on at once: fixed, so that sums are the same on any number of cores.
const block = 1 << 16

// piece is a part of a tensor.
type piece struct {
	name     string
	from, to int
}

// pieces cuts tensors into blocks, in the order of their names.
func pieces(t Tensors, names []string) []piece {
	var all []piece
	for _, name := range names {
		for from := 0; from < len(t[name]); from += block {
			all = append(all, piece{name, from, min(len(t[name]), from+block)})
		}
	}
	return all
}

// each works on all blocks, on all cores. The work itself cannot fail.
func each(all []piece, work func(i int, p piece)) {
	_ = cores.Each(context.Background(), len(all), func(i int) error {
		work(i, all[i])
		return nil
	})
}

// sorted are the names in order.
func sorted(t Tensors) []string { return slices.Sorted(maps.Keys(t)) }

// matches says which of the names other lacks or holds in another size.
func matches(what string, t, other Tensors, names []string) error {
	for _, name := range names {
		got, ok := other[name]
		if !ok {
			return fmt.Errorf("%s of %s is missing", what, name)
		}
		if len(got) != len(t[name]) {
			return fmt.Errorf("%s of %s has %d values, the weight %d", what, name, len(got), len(t[name]))
		}
	}
	return nil
}
