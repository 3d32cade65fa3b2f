package index

import (
	"encoding/json"
	"math/bits"
	"slices"
)

// part is some photos of a snapshot, by ascending keys.
type part struct {
	n          int
	keys       []int64
	products   []uint32 // numbers, 0: none
	categories []uint32
	live       []uint64 // a bit a row: 0 where the photo was removed
	segment    *segment // its codes and vectors; nil: there are no codes
	vectors    []byte   // where there are no codes: [n, dim], float32
}

// partOf is the photos of a segment.
func partOf(s *segment) *part {
	p := &part{keys: s.keys, products: s.products, categories: s.categories, segment: s}
	p.grow()
	return p
}

// grow takes rows that were appended to the columns: their photos are there.
func (p *part) grow() {
	for i := p.n; i < len(p.keys); i++ {
		if i/64 == len(p.live) {
			p.live = append(p.live, 0)
		}
		p.live[i/64] |= 1 << (i % 64)
	}
	p.n = len(p.keys)
}

// row returns the row of a key.
func (p *part) row(key int64) (int, bool) { return slices.BinarySearch(p.keys[:p.n], key) }

// alive counts the photos that were not removed.
func (p *part) alive() int { return ones(p.live) }

func ones(words []uint64) (n int) {
	for _, w := range words {
		n += bits.OnesCount64(w)
	}
	return n
}

// parseFields reads the column "fields".
func parseFields(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var fields map[string]string
	err := json.Unmarshal([]byte(text), &fields)
	return fields, err
}
