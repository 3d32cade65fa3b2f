package explain

import (
	"context"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/search"
)

// A label is doubted where another product has two witnesses that know nothing of each other. The network: how much
// nearer its photos are than those of the photo's own product. The colours: how much more of the photo's one of its
// photos has than any of the own product. Of the index's photos, whose labels are mostly right, the same is asked
// without the photo itself; a query is doubted where hardly one of them is as suspicious.
const (
	doubtShare  = 0.01
	doubtSample = 2000 // photos of the index that are asked, at most
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
		r.theirs = near.log(e.products[r.product], -1)
		if r.theirColours, seen = alike(e.products[r.product]); seen {
			list = append(list, r)
		}
	}
	return list
}

// doubt is a label that hardly any photo of the index looks as wrong as.
type doubt struct {
	rival
	odds float64 // the share of the index's photos that are as suspicious
}

// doubts returns the doubted queries among some.
func (e *examination) doubts(ctx context.Context, queries []int) (map[int]doubt, error) {
	usual, err := e.usualRivals(ctx)
	if err != nil || len(usual) < 20 { // no products to speak of
		return nil, err
	}
	found := make([][]rival, len(queries))
	err = cores.Each(ctx, len(queries), func(i int) error {
		q, id := queries[i], e.Queries.IDs[queries[i]]
		if own := e.byID[id].Product; own != "" && len(e.right[q]) > 0 {
			found[i] = e.rivals(id, e.Queries.Row(q), own, keys(e.right[q]), e.hits[q], -1)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var far, colours []float64
	for _, list := range usual {
		for _, r := range list {
			far, colours = append(far, r.far()), append(colours, r.colours())
		}
	}
	slices.Sort(far)
	slices.Sort(colours)
	// worst is the rival that both witnesses speak for, and how seldom any has as much said for it.
	worst := func(list []rival) (rival, float64) {
		at, least := rival{}, 1.0
		for _, r := range list {
			if odds := exceeding(far, r.far()) * exceeding(colours, r.colours()); r.far() > 0 && odds < least {
				at, least = r, odds
			}
		}
		return at, least
	}
	all := make([]float64, len(usual))
	for i, list := range usual {
		_, least := worst(list)
		all[i] = -least
	}
	slices.Sort(all)
	out := map[int]doubt{}
	for i, list := range found {
		r, least := worst(list)
		if r.product == "" {
			continue
		}
		if odds := exceeding(all, -least); odds <= doubtShare || odds*float64(len(all)+1) < 2 {
			out[queries[i]] = doubt{r, odds}
		}
	}
	return out, nil
}

// exceeding is the share of sorted values that are a value or more, which counts itself: an empirical p value.
func exceeding(sorted []float64, v float64) float64 {
	at, _ := slices.BinarySearch(sorted, v)
	return float64(len(sorted)-at+1) / float64(len(sorted)+1)
}

// usualRivals are those of photos of the index that were looked at.
func (e *examination) usualRivals(ctx context.Context) ([][]rival, error) {
	var asked []int
	for row := range e.Index.Len() {
		if _, seen := e.looks[e.photo(row)]; seen && len(e.products[e.product(row)]) > doubtPhotos {
			asked = append(asked, row)
		}
	}
	if len(asked) > doubtSample {
		all := asked
		asked = make([]int, doubtSample)
		for i := range asked {
			asked[i] = all[i*len(all)/doubtSample]
		}
	}
	hits, err := e.others(ctx, asked, shelf)
	if err != nil {
		return nil, err
	}
	found := make([][]rival, len(asked))
	err = cores.Each(ctx, len(asked), func(i int) error {
		row, own := asked[i], e.product(asked[i])
		found[i] = e.rivals(e.photo(row), e.Index.Row(row), own, e.products[own], hits[i], row)
		return nil
	})
	return slices.DeleteFunc(found, func(list []rival) bool { return len(list) == 0 }), err
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
