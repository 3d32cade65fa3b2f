package rerank

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// ExpandOptions of [Expand] and [Augment].
type ExpandOptions struct {
	// Neighbours is how many of the nearest hits are averaged into a vector, at least 1;
	// fewer where there are fewer.
	Neighbours int
	// Alpha weighs a neighbour by its cosine to this power; 0: as much as the vector itself.
	// The paper has 3.
	Alpha float64
}

// Expand returns queries that have moved towards their nearest hits (alpha query expansion:
// Radenović, Tolias & Chum 2018, "Fine-tuning CNN image retrieval with no human annotation",
// section 3.5; with Alpha 0 the average query expansion of Chum et al. 2007):
//
//	q + sum over the hits x of cosine(q, x)^Alpha * x, scaled to length 1.
//
// Hits come from a search in the index for the queries, nearest first, and a hit whose
// cosine is not above 0 is left out. Search the index again with what is returned.
func Expand(index, queries *vectors.Set, hits [][]search.Hit, o ExpandOptions) (*vectors.Set, error) {
	if o.Neighbours < 1 || !(o.Alpha >= 0) || math.IsInf(o.Alpha, 0) {
		return nil, fmt.Errorf("an expansion by %d neighbours (at least 1) with alpha %g (at least 0) is not possible",
			o.Neighbours, o.Alpha)
	}
	if err := check(index, queries, hits); err != nil {
		return nil, fmt.Errorf("expanding: %w", err)
	}
	out := &vectors.Set{IDs: queries.IDs, Dim: queries.Dim, Data: make([]float32, len(queries.Data)),
		Origin: queries.Origin}
	cores.Ranges(queries.Len(), 4*runtime.GOMAXPROCS(0), func(_, from, to int) {
		sum := make([]float64, queries.Dim)
		for q := from; q < to; q++ {
			o.expand(sum, queries.Row(q), index, hits[q])
			unitInto(out.Row(q), sum)
		}
	})
	return out, nil
}

// expand sums a vector and its weighted neighbours. No weight is negative and a neighbour
// is within 90 degrees, so that the sum has at least the length 1.
func (o ExpandOptions) expand(sum []float64, vector []float32, index *vectors.Set, hits []search.Hit) {
	for d, v := range vector {
		sum[d] = float64(v)
	}
	for _, h := range hits[:min(o.Neighbours, len(hits))] {
		if !(h.Score > 0) {
			continue
		}
		weight := math.Pow(float64(h.Score), o.Alpha)
		for d, v := range index.Row(h.Row) {
			sum[d] += weight * float64(v)
		}
	}
}

func unitInto(row []float32, sum []float64) {
	length := 0.0
	for _, v := range sum {
		length += v * v
	}
	scale := 1 / math.Sqrt(length)
	for d, v := range sum {
		row[d] = float32(scale * v)
	}
}

// Augment returns an index each vector of which has moved towards its neighbours in the
// index (database-side feature augmentation: Arandjelović & Zisserman 2012, "Three things
// everyone should know to improve object retrieval", section 3; weights as in [Expand]).
// Queries stay as they are. Hits are those of [Neighbours].
func Augment(index *vectors.Set, hits [][]search.Hit, o ExpandOptions) (*vectors.Set, error) {
	out, err := Expand(index, index, hits, o)
	if err == nil {
		out.Origin = o.Augmented(index.Origin)
	}
	return out, err
}

// Augmented is the origin of vectors that [Augment] made of those of an origin.
func (o ExpandOptions) Augmented(of *vectors.Origin) *vectors.Origin {
	if !of.Known() {
		return nil
	}
	c := *of
	c.Augmented = fmt.Sprintf("by %d neighbours, alpha %g", o.Neighbours, o.Alpha)
	return &c
}

// Neighbours finds the k nearest others of each vector of the set, which the index was made
// of. Every row is compared with every other one.
func Neighbours(ctx context.Context, set *vectors.Set, index search.Index, k int) ([][]search.Hit, error) {
	if index.Len() != set.Len() {
		return nil, fmt.Errorf("an index of %d rows was not made of a set of %d", index.Len(), set.Len())
	}
	for i, id := range set.IDs {
		if index.ID(i) != id {
			return nil, fmt.Errorf("row %d of the index is %s, and of the set %s: the index was made of another set", i,
				index.ID(i), id)
		}
	}
	return index.Search(ctx, set.Data, k, search.Options{QueryIDs: set.IDs})
}
