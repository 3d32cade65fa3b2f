package rerank

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// ReciprocalOptions of [Reciprocal], named as in the paper, whose values for street scenes
// are K1 20, K2 6, Lambda 0.3. Catalogues of 5 photos a product do better with K1 8, Lambda
// 0.6 (docs/after-training.md).
type ReciprocalOptions struct {
	K1     int     // neighbours that may be reciprocal, at least 1
	K2     int     // vectors that are averaged into one, itself included, at least 1; 1: none
	Lambda float64 // share of the original distance in the final one, 0 to 1
	Top    int     // hits of each query that are put into a new order, 1 to 1000; the rest is left out
}

const maxTop = 1000

func (o ReciprocalOptions) check() error {
	if o.K1 < 1 || o.K2 < 1 || !(o.Lambda >= 0 && o.Lambda <= 1) || o.Top < 1 || o.Top > maxTop {
		return fmt.Errorf("re-ranking with k1 = %d and k2 = %d (at least 1), lambda %g (0 to 1) and the top %d (1 to "+
			"%d) is not possible",
			o.K1, o.K2, o.Lambda, o.Top, maxTop)
	}
	return nil
}

// Reciprocal puts the hits of each query into a new order (k-reciprocal re-ranking: Zhong et
// al. 2017, "Re-ranking person re-identification with k-reciprocal encoding", and the
// authors' code, zhunzhong07/person-re-ranking, where both differ). Two photos are
// k-reciprocal neighbours if each is among the K1 nearest of the other. A result comes first
// if it shares such neighbours with the query, measured by the Jaccard distance.
//
// Neighbours are looked for among the query and its Top hits alone, not in the whole index
// and not among other queries: the time does not grow with the index, and a query's results
// do not depend on what else is searched for. The distance is 1 - cosine.
//
// A hit's new score is 1 - ((1-Lambda) * Jaccard + Lambda * distance), higher is nearer.
// Equal scores are in the order of their cosines, then of their ids.
func Reciprocal(ctx context.Context, index, queries *vectors.Set, hits [][]search.Hit,
	o ReciprocalOptions) ([][]search.Hit, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := check(index, queries, hits); err != nil {
		return nil, fmt.Errorf("re-ranking: %w", err)
	}
	out := make([][]search.Hit, len(hits))
	err := cores.Each(ctx, len(hits), func(q int) error {
		list := hits[q][:min(o.Top, len(hits[q]))]
		out[q] = o.rerank(queries.Row(q), list, index)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// rerank is Reciprocal for one query. Point 0 is the query, the others are the hits in the
// order of their ids: sums do not depend on the order in which hits came, and the lower
// point comes first where cosines are equal.
func (o ReciprocalOptions) rerank(query []float32, hits []search.Hit, index *vectors.Set) []search.Hit {
	hits = slices.Clone(hits)
	slices.SortFunc(hits, func(a, b search.Hit) int { return cmp.Compare(index.IDs[a.Row], index.IDs[b.Row]) })
	points := make([][]float32, 0, 1+len(hits))
	points = append(points, query)
	for _, h := range hits {
		points = append(points, index.Row(h.Row))
	}
	c := newCandidates(points)
	encoded := c.average(c.encode(o.K1), o.K2)
	order := make([]int, len(hits))
	for i := range hits {
		order[i] = i + 1
		jaccard := 1 - similarity(encoded[0], encoded[i+1])
		hits[i].Score = float32(1 - ((1-o.Lambda)*jaccard + o.Lambda*(1-float64(c.cosines[i+1]))))
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(hits[b-1].Score, hits[a-1].Score), cmp.Compare(c.cosines[b], c.cosines[a]),
			cmp.Compare(a, b))
	})
	out := make([]search.Hit, len(hits))
	for rank, i := range order {
		out[rank] = hits[i-1]
	}
	return out
}

// candidates are m points with all their cosines.
type candidates struct {
	m       int
	cosines []float32 // [m, m]
	nearest [][]int   // of each point: itself, then the others, nearest first
}

func newCandidates(points [][]float32) *candidates {
	c := &candidates{m: len(points), cosines: make([]float32, len(points)*len(points))}
	for i, p := range points {
		a := blas32.Vector{N: len(p), Inc: 1, Data: p}
		for j := i; j < c.m; j++ {
			cosine := blas32.Dot(a, blas32.Vector{N: a.N, Inc: 1, Data: points[j]})
			c.cosines[i*c.m+j], c.cosines[j*c.m+i] = cosine, cosine
		}
	}
	c.nearest = make([][]int, c.m)
	for p := range c.nearest {
		order := make([]int, 0, c.m)
		order = append(order, p)
		for i := range c.m {
			if i != p {
				order = append(order, i)
			}
		}
		row := c.cosines[p*c.m : (p+1)*c.m]
		slices.SortFunc(order[1:], func(a, b int) int {
			return cmp.Or(cmp.Compare(row[b], row[a]), cmp.Compare(a, b))
		})
		c.nearest[p] = order
	}
	return c
}

// within is N(p, k) and p itself: the paper's code counts a point as its own neighbour.
func (c *candidates) within(p, k int) []int { return c.nearest[p][:min(k+1, c.m)] }

// reciprocal is R(p, k): points of N(p, k) that have p among their own k nearest.
func (c *candidates) reciprocal(p, k int) []int {
	var out []int
	for _, g := range c.within(p, k) {
		if slices.Contains(c.within(g, k), p) {
			out = append(out, g)
		}
	}
	return out
}

// encode is the paper's equations 4 and 7: R(p, k), enlarged by the reciprocal neighbours of
// its members where two thirds of these are in it already, each weighing exp(-distance). As
// in the authors' code a point's weights have the sum 1.
func (c *candidates) encode(k int) [][]float32 {
	half := make([][]int, c.m) // R(g, k/2)
	for g := range half {
		half[g] = c.reciprocal(g, (k+1)/2)
	}
	out := make([][]float32, c.m)
	for p := range out {
		core := c.reciprocal(p, k)
		in, enlarged := make([]bool, c.m), make([]bool, c.m)
		for _, g := range core {
			in[g], enlarged[g] = true, true
		}
		for _, g := range core {
			common := 0
			for _, h := range half[g] {
				if in[h] {
					common++
				}
			}
			if 3*common < 2*len(half[g]) {
				continue
			}
			for _, h := range half[g] {
				enlarged[h] = true
			}
		}
		out[p] = make([]float32, c.m)
		sum := 0.0
		for g, yes := range enlarged {
			if yes {
				weight := math.Exp(float64(c.cosines[p*c.m+g]) - 1)
				out[p][g] = float32(weight)
				sum += weight
			}
		}
		for g := range out[p] {
			out[p][g] = float32(float64(out[p][g]) / sum)
		}
	}
	return out
}

// average is the paper's local query expansion (equation 11): the mean over a point and its
// k-1 nearest.
func (c *candidates) average(encoded [][]float32, k int) [][]float32 {
	if k == 1 {
		return encoded
	}
	out := make([][]float32, c.m)
	for p := range out {
		out[p] = make([]float32, c.m)
		near := c.within(p, k-1)
		for _, g := range near {
			for h, v := range encoded[g] {
				out[p][h] += v
			}
		}
		for h := range out[p] {
			out[p][h] /= float32(len(near))
		}
	}
	return out
}

// similarity is 1 - the Jaccard distance (equation 10): the sum of the minima over that of
// the maxima. Both vectors have the sum 1, so that the sum of the maxima is 2 - that of the
// minima.
func similarity(a, b []float32) float64 {
	minima := 0.0
	for i, v := range a {
		minima += float64(min(v, b[i]))
	}
	return minima / (2 - minima)
}
