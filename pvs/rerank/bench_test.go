package rerank

import (
	"fmt"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/search"
)

// 1,000 queries in 10,000 vectors of 512 dimensions, each step beside the search itself.
func Benchmark(b *testing.B) {
	index, queries := random(1, "i", 10_000, 512, 2000), random(2, "q", 1000, 512, 2000)
	e := exact(b, index)
	hits := find(b, index, queries, 100)
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("search", func() error {
		_, err := e.Search(b.Context(), queries.Data, 100, search.Options{})
		return err
	})
	run("expand", func() error {
		_, err := Expand(index, queries, hits, ExpandOptions{Neighbours: 3, Alpha: 1})
		return err
	})
	run("reciprocal", func() error {
		_, err := Reciprocal(b.Context(), index, queries, hits, ReciprocalOptions{K1: 8, K2: 6, Lambda: 0.6, Top: 100})
		return err
	})
	run("augment", func() error {
		near, err := Neighbours(b.Context(), index, e, 3)
		if err == nil {
			_, err = Augment(index, near, ExpandOptions{Neighbours: 3, Alpha: 1})
		}
		return err
	})
	run("products", func() error {
		_, err := Products(b.Context(), e, queries.Data, 10, func(row int) string { return fmt.Sprint(row / 5) },
			search.Options{})
		return err
	})
}
