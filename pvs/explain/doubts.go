package explain

import (
	"context"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/search"
)

const (
	doubtShare  = 0.01
	doubtSample = 2000 // photos of the index that are asked, at most
)

// doubt is a label that hardly any photo of the index looks as wrong as.
type doubt struct {
	rival
	odds float64 // the share of the index's photos that are as suspicious
}

// suspicion is how much speaks against the labels of photos of the index, which are mostly right; all sorted.
type suspicion struct {
	far, colours []float64 // of all rivals
	least        []float64 // of all photos: minus how seldom a rival has as much said for it
}

// suspicionOf sums up the rivals of photos of the index.
func suspicionOf(usual [][]rival) *suspicion {
	s := &suspicion{}
	for _, list := range usual {
		for _, r := range list {
			s.far, s.colours = append(s.far, r.far()), append(s.colours, r.colours())
		}
	}
	slices.Sort(s.far)
	slices.Sort(s.colours)
	for _, list := range usual {
		_, least := s.worst(list)
		s.least = append(s.least, -least)
	}
	slices.Sort(s.least)
	return s
}

// worst is the rival that both witnesses speak for, and how seldom any has as much said for it.
func (s *suspicion) worst(list []rival) (rival, float64) {
	at, least := rival{}, 1.0
	for _, r := range list {
		if odds := exceeding(s.far, r.far()) * exceeding(s.colours, r.colours()); r.far() > 0 && odds < least {
			at, least = r, odds
		}
	}
	return at, least
}

// doubt is the product that a photo may be of, and the share of the index's photos that are as suspicious.
func (s *suspicion) doubt(list []rival) (doubt, bool) {
	r, least := s.worst(list)
	if r.product == "" {
		return doubt{}, false
	}
	odds := exceeding(s.least, -least)
	return doubt{r, odds}, odds <= doubtShare || odds*float64(len(s.least)+1) < 2
}

// doubts returns the doubted queries among some, and what correcting a label brings (see [examination.corrected]).
func (e *examination) doubts(ctx context.Context, queries []int) (map[int]doubt, float64, error) {
	asked := e.labelled()
	hits, err := e.others(ctx, asked, shelf)
	if err != nil {
		return nil, 0, err
	}
	usual := make([][]rival, len(asked))
	err = cores.Each(ctx, len(asked), func(i int) error {
		row, own := asked[i], e.product(asked[i])
		usual[i] = e.rivals(e.photo(row), e.Index.Row(row), own, e.products[own], hits[i], row)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	usual = slices.DeleteFunc(usual, func(list []rival) bool { return len(list) == 0 })
	if len(usual) < 20 { // no products to speak of
		return nil, 0, nil
	}
	s := suspicionOf(usual)
	found := make([][]rival, len(queries))
	err = cores.Each(ctx, len(queries), func(i int) error {
		q, id := queries[i], e.Queries.IDs[queries[i]]
		if own := e.byID[id].Product; own != "" && len(e.right[q]) > 0 {
			found[i] = e.rivals(id, e.Queries.Row(q), own, keys(e.right[q]), e.hits[q], -1)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	out := map[int]doubt{}
	for i, list := range found {
		if d, doubted := s.doubt(list); doubted {
			out[queries[i]] = d
		}
	}
	share, err := e.corrected(ctx, s, asked, hits)
	return out, share, err
}

// corrected is the share of what a doubted photo finds of the proposed product that it finds of the one that it is of.
// The proposed one is the nearest, so it is found more than the true one where these are not the same. Photos of the
// index are tried, whose product is known: each under the label of another.
func (e *examination) corrected(ctx context.Context, s *suspicion, asked []int, hits [][]search.Hit) (float64, error) {
	proposed, of := make([]float64, len(asked)), make([]float64, len(asked))
	err := cores.Each(ctx, len(asked), func(i int) error {
		row, wrong := asked[i], e.product(asked[(i+len(asked)/2)%len(asked)])
		if wrong == e.product(row) {
			return nil
		}
		d, doubted := s.doubt(e.rivals(e.photo(row), e.Index.Row(row), wrong, e.products[wrong], hits[i], row))
		if doubted {
			first := rows(hits[i], retrieval.K)
			proposed[i], of[i] = e.share(first, d.product, row), e.share(first, e.product(row), row)
		}
		return nil
	})
	sum, right := 0.0, 0.0
	for i := range asked {
		sum, right = sum+proposed[i], right+of[i]
	}
	if sum == 0 { // none was doubted
		return 1, err
	}
	return min(1, right/sum), err
}

// share is which part of a product's photos, but for one, stand among some rows.
func (e *examination) share(first []int, product string, but int) float64 {
	found, n := 0, 0
	for _, row := range e.products[product] {
		if row == but {
			continue
		}
		n++
		if slices.Contains(first, row) {
			found++
		}
	}
	return float64(found) / float64(max(1, n))
}

// exceeding is the share of sorted values that are a value or more, which counts itself: an empirical p value.
func exceeding(sorted []float64, v float64) float64 {
	at, _ := slices.BinarySearch(sorted, v)
	return float64(len(sorted)-at+1) / float64(len(sorted)+1)
}

// labelled are photos of the index that were looked at, of products with others beside.
func (e *examination) labelled() []int {
	var all []int
	for row := range e.Index.Len() {
		if _, seen := e.looks[e.photo(row)]; seen && len(e.products[e.product(row)]) > doubtPhotos {
			all = append(all, row)
		}
	}
	if len(all) <= doubtSample {
		return all
	}
	asked := make([]int, doubtSample)
	for i := range asked {
		asked[i] = all[i*len(all)/doubtSample]
	}
	return asked
}
