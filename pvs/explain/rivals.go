package explain

import (
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/search"
)

// A label is doubted where another product has two witnesses that know nothing of each other. The network: how much
// nearer its photos are than those of the photo's own product. The colours: how much more of the photo's one of its
// photos has than any of the own product. Of the index's photos, whose labels are mostly right, the same is asked
// without the photo itself; a query is doubted where hardly one of them is as suspicious.
const (
	doubtPhotos = 2    // that a product must have to be another one
	crowdSample = 1000 // photos of the index by which it is known which share of it is nearer
)

// product is that of a row of the index.
func (x *searched) product(row int) string { return x.byID[x.Index.IDs[row]].Product }

// agreement is the mean cosine of a vector with rows of the index, but for one of them.
func (x *searched) agreement(v []float32, rows []int, but int) (mean float64, n int) {
	for _, row := range rows {
		if row != but {
			mean, n = mean+float64(dot(v, x.Index.Row(row))), n+1
		}
	}
	return mean / float64(max(1, n)), n
}

// nearness estimates, for one vector, the share of the index that is nearer than some rows are: their geometric mean.
// A cosine says little by itself: to some photos all of the index is near.
type nearness struct {
	x     *searched
	v     []float32
	crowd []float32 // cosines, farthest first
}

// nearnessOf looks at every so manieth row, but for one.
func (x *searched) nearnessOf(v []float32, but int) nearness {
	n := nearness{x: x, v: v}
	for row := 0; row < x.Index.Len(); row += max(1, x.Index.Len()/crowdSample) {
		if row != but {
			n.crowd = append(n.crowd, dot(v, x.Index.Row(row)))
		}
	}
	slices.Sort(n.crowd)
	return n
}

// log is the logarithm of the share, without a row.
func (n nearness) log(rows []int, but int) float64 {
	sum, count := 0.0, 0
	for _, row := range rows {
		if row == but {
			continue
		}
		at, _ := slices.BinarySearch(n.crowd, dot(n.v, n.x.Index.Row(row)))
		sum += math.Log(float64(len(n.crowd)-at+1) / float64(len(n.crowd)+1))
		count++
	}
	return sum / float64(max(1, count))
}

// rival is another product that a photo may be of.
type rival struct {
	product      string
	theirs, ours float64 // logarithms of the shares of the index that are nearer than its photos, and than its own's
	// What the photo has in common with the colours of the most alike of their photos, and of its own product's, 0 to 1.
	theirColours, ourColours float64
}

// far is by how much the other product is nearer.
func (r rival) far() float64 { return r.ours - r.theirs }

// colours is by how much its colours are more like the other product's.
func (r rival) colours() float64 { return r.theirColours - r.ourColours }

// rivals are those among the nearest photos of a photo with a vector, whose own product has some rows. But is the
// photo's row in the index, -1: it is not there.
func (e *examination) rivals(photo string, v []float32, own string, rows []int, hits []search.Hit,
	but int) (list []rival) {
	near, l := e.nearnessOf(v, but), e.looks[photo]
	alike := func(rows []int) (most float64, seen bool) {
		for _, row := range rows {
			if other, ok := e.looks[e.photo(row)]; ok && row != but {
				most, seen = max(most, coefficient(&l.colours, &other.colours)), true
			}
		}
		return most, seen
	}
	r := rival{ours: near.log(rows, but)}
	seen := false
	if r.ourColours, seen = alike(rows); !seen {
		return nil
	}
	tried := map[string]bool{own: true, "": true}
	for _, h := range hits[:min(shelf, len(hits))] {
		r.product = e.product(h.Row)
		if tried[r.product] || len(e.products[r.product]) < doubtPhotos {
			continue
		}
		tried[r.product] = true
		r.theirs = near.log(e.products[r.product], but)
		if r.theirColours, seen = alike(e.products[r.product]); seen {
			list = append(list, r)
		}
	}
	return list
}

// keys are the rows of a set, in order.
func keys(set map[int]bool) []int {
	out := make([]int, 0, len(set))
	for row := range set {
		out = append(out, row)
	}
	slices.Sort(out)
	return out
}
