package explain

import (
	"math"
	"slices"
)

// grounds are those of the index's photos that were looked at, with how often one is shared by chance.
type grounds struct {
	e     *examination
	looks []look
	// Of photos of the index in the place of queries, sorted: how many of their wrong results share their ground, as
	// minus the chance of that; how much these lose on a plain ground; and minus the product of both chances.
	many, lose, both []float64
}

// shared are the results that are on the ground of a photo.
type shared struct {
	rows   []int
	all    int     // photos of the index on that ground, of those that were looked at
	chance float64 // that so many of the results are on it, if they were drawn from all
}

// groundsOf takes what the wrong results of [examination.asked] lose on a plain ground.
func (e *examination) groundsOf(lose []float64) *grounds {
	g := &grounds{e: e}
	for row := range e.Index.Len() {
		if l, ok := e.looks[e.photo(row)]; ok {
			g.looks = append(g.looks, l)
		}
	}
	g.lose = slices.Sorted(slices.Values(lose))
	var chances, losses []float64
	for i, a := range e.asked {
		if l, ok := e.looks[e.photo(a.row)]; ok {
			chances, losses = append(chances, g.shared(l, a.wrong).chance), append(losses, lose[i])
		}
	}
	for i, c := range chances {
		g.many = append(g.many, -c)
		g.both = append(g.both, -c*exceeding(g.lose, losses[i]))
	}
	slices.Sort(g.many)
	slices.Sort(g.both)
	return g
}

// shared says which of some rows are on a photo's ground.
func (g *grounds) shared(l look, rows []int) (s shared) {
	same := func(other look) bool { return coefficient(&l.ground, &other.ground) >= sameGround }
	looked := 0
	for _, row := range rows {
		if other, ok := g.e.looks[g.e.photo(row)]; ok {
			if looked++; same(other) {
				s.rows = append(s.rows, row)
			}
		}
	}
	for _, other := range g.looks {
		if same(other) {
			s.all++
		}
	}
	s.chance = hypergeometric(len(s.rows), looked, s.all, len(g.looks))
	return s
}

// seldom says whether hardly a photo of the index shares its ground with as many of its wrong results and loses as much
// of them on a plain one: the two are asked together.
func (g *grounds) seldom(s shared, lose float64) bool {
	return exceeding(g.both, -s.chance*exceeding(g.lose, lose)) <= extreme
}

// striking says whether hardly a photo of the index shares its ground with as many of its wrong results.
func (g *grounds) striking(s shared) bool { return exceeding(g.many, -s.chance) <= extreme }

// hypergeometric is the chance that of n, drawn from all, marked or more are among the in that are marked.
func hypergeometric(marked, n, in, all int) float64 {
	choose := func(n, k int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	sum := 0.0
	for k := marked; k <= min(n, in); k++ {
		if n-k <= all-in {
			sum += math.Exp(choose(in, k) + choose(all-in, n-k) - choose(all, n))
		}
	}
	return min(1, sum)
}
