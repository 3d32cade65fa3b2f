package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Of copies of a photo those are found whose ids come first, in that order, however many there are and in whatever
// order they were added: by photo and by product, with codes and without.
func TestTies(t *testing.T) {
	t.Parallel()
	for _, copies := range []int{3, 150, 2500} {
		entries := shop(600, 24, 4)
		var ids []string
		for i := range copies {
			e := entries[7]
			e.ID, e.Product = fmt.Sprintf("copy-%05d", i), ""
			if i%2 == 1 {
				e.Product = fmt.Sprint("of-", i/4) // two of each
			}
			entries, ids = append(entries, e), append(ids, e.ID)
		}
		rng := rand.New(rand.NewPCG(1, uint64(copies)))
		rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		ix := made(t, entries)
		query := slices.IndexFunc(entries, func(e Entry) bool { return e.ID == "copy-00001" })
		k := min(20, copies)
		var products []string // each by the first of its photos
		seen := map[string]bool{}
		for i, id := range ids {
			if name := fmt.Sprint("of-", i/4); i%2 == 0 || !seen[name] {
				products = append(products, id)
				seen[name] = i%2 == 1 || seen[name]
			}
		}
		for _, q := range []Query{{K: k}, {K: k, Exact: true}, {K: k, ByProduct: true}, {K: k, ByProduct: true, Exact: true},
			{K: k, Exact: true, MinScore: 0.5}} {
			q.Vector = entries[query].Vector
			want := ids
			if q.ByProduct {
				want = products
			}
			a, err := ix.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range a.Hits {
				if h.ID != "photo-7" { // which they are copies of
					got = append(got, h.ID)
				}
			}
			if n := min(len(want), len(got)); n < k-2 || !slices.Equal(got[:n], want[:n]) {
				t.Errorf("%d copies, %+v: %v, not %v", copies, q, got, want[:k])
			}
		}
	}
}
