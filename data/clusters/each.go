package clusters

import (
	"fmt"
	"iter"
	"runtime"
	"sync"
)

// Row is a made vector.
type Row struct {
	ID, Product, Category string
	Vector                []float32 // [Dim], of unit length
}

// ahead is how many vectors are made at a time.
const ahead = 4096

// Each makes the vectors that [Write] writes, one after the other on all cores, without a file: those of the index, and
// those of the queries.
func Each(opts Options) (index, queries iter.Seq[Row], err error) {
	if err := opts.fill(); err != nil {
		return nil, nil, err
	}
	s := newSpace(opts)
	sizes := s.sizes()
	if opts.Queries > len(sizes) {
		return nil, nil, fmt.Errorf("%d queries of different products need a larger index: %d vectors are of %d products",
			opts.Queries, opts.Index, len(sizes))
	}
	return s.each(eachIndex(sizes)), s.each(eachQuery(opts.Queries, len(sizes))), nil
}

// each makes rows a chunk at a time.
func (s *space) each(rows func(yield func(product, k int) bool)) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		type of struct{ product, k int }
		var chunk []of
		flush := func() bool {
			made := make([]Row, len(chunk))
			var all sync.WaitGroup
			cores := runtime.GOMAXPROCS(0)
			for c := range cores {
				all.Go(func() {
					for i := c; i < len(chunk); i += cores {
						p := chunk[i]
						v := make([]float32, s.opts.Dim)
						s.photo(p.product, p.k, v)
						made[i] = Row{id(p.product, p.k), fmt.Sprintf("p%07d", p.product),
							fmt.Sprintf("category %d", s.category(p.product)), v}
					}
				})
			}
			all.Wait()
			chunk = chunk[:0]
			for _, r := range made {
				if !yield(r) {
					return false
				}
			}
			return true
		}
		stopped := false
		rows(func(product, k int) bool {
			if chunk = append(chunk, of{product, k}); len(chunk) == ahead {
				stopped = !flush()
			}
			return !stopped
		})
		if !stopped {
			flush()
		}
	}
}

// category is the number of a product's category, which photo draws first.
func (s *space) category(product int) int {
	return s.rng(streamProduct, uint64(product), 0).IntN(len(s.centres))
}
