package retrieval

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/rerank"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// scattered draws photos about 20 products: sets of 5 photos each in the index, one as a query.
func scattered(t *testing.T) (index, queries *vectors.Set) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	index, queries = &vectors.Set{Dim: 8}, &vectors.Set{Dim: 8}
	for p := range 20 {
		var middle [8]float64
		for d := range middle {
			middle[d] = rng.NormFloat64()
		}
		for i := range 6 {
			to := index
			if i == 0 {
				to = queries
			}
			for _, m := range middle {
				to.Data = append(to.Data, float32(m+0.7*rng.NormFloat64()))
			}
			to.IDs = append(to.IDs, strings.Repeat("p", p+1)+string(rune('0'+i)))
		}
	}
	for _, s := range []*vectors.Set{index, queries} {
		if err := s.Normalize(); err != nil {
			t.Fatal(err)
		}
	}
	return index, queries
}

// An index with steps after its search gives what these give by hand; the zero value changes nothing.
func TestAfter(t *testing.T) {
	ctx := context.Background()
	index, queries := scattered(t)
	x, err := NewIndex(index, queries.Len(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(hits [][]search.Hit, k int) (out []string) {
		for _, list := range hits {
			for _, h := range list[:k] {
				out = append(out, index.IDs[h.Row])
			}
		}
		return out
	}
	hits := func(q *vectors.Set, k int) [][]search.Hit {
		h, err := x.Exact.Search(ctx, q.Data, k, search.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	expanded, err := rerank.Expand(index, queries, hits(queries, 3), rerank.ExpandOptions{Neighbours: 3, Alpha: 1})
	if err != nil {
		t.Fatal(err)
	}
	again, err := rerank.Reciprocal(ctx, index, expanded, hits(expanded, 100), rerankOptions)
	if err != nil {
		t.Fatal(err)
	}
	plain := ids(hits(queries, 10), 10)
	for _, c := range []struct {
		after After
		want  []string
	}{
		{After{}, plain}, {After{Expand: 3}, ids(hits(expanded, 10), 10)},
		{After{Expand: 3, Rerank: true}, ids(again, 10)},
	} {
		x.After = c.after
		results, err := Search(ctx, x, queries, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for r := range results.Each {
			got = append(got, r.Index)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: others are found", c.after)
		}
		if !c.after.IsZero() && slices.Equal(got, plain) {
			t.Errorf("%s changes nothing", c.after)
		}
	}
	x.After = After{Rerank: true}
	if _, err := Search(ctx, x, queries, 101); err == nil || !strings.Contains(err.Error(), "first 100 results") {
		t.Errorf("101 re-ranked results: %v", err)
	}
}
