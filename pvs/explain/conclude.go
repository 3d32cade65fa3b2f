package explain

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

// conclude puts cases and causes in order and counts what cures bring.
func (e *examination) conclude(ctx context.Context) (*Autopsy, error) {
	a := &Autopsy{Queries: len(e.before), Skewness: e.skew, Embedded: e.workshop.embedded}
	found := map[string][]string{}
	for q, id := range e.Queries.IDs {
		for _, row := range e.first[q] {
			found[id] = append(found[id], e.photo(row))
		}
	}
	// A query is not among its own results any more.
	scored, err := evaluate.Score(found, e.truth, evaluate.Options{K: retrieval.K, TwoLists: true})
	if err != nil {
		return nil, err
	}
	a.MAR = scored.MAR()
	for _, c := range e.cases {
		c.sort()
		a.Missed = append(a.Missed, *c)
	}
	slices.SortStableFunc(a.Missed, func(a, b Case) int { return cmp.Compare(a.Recall, b.Recall) })
	for _, cause := range Causes {
		s := Summary{Cause: cause}
		for i := range a.Missed {
			if a.Missed[i].Has(cause) {
				s.Queries++
			}
			if a.Missed[i].Main() == cause {
				s.Main++
			}
		}
		if s.Queries == 0 {
			continue
		}
		for _, c := range e.cures[cause] {
			cure, err := e.gain(c)
			if err != nil {
				return nil, err
			}
			s.Cures = append(s.Cures, cure)
		}
		slices.SortStableFunc(s.Cures, func(a, b Cure) int {
			if a.AtMost != b.AtMost {
				if a.AtMost {
					return 1
				}
				return -1
			}
			return cmp.Compare(b.Gain, a.Gain)
		})
		a.Causes = append(a.Causes, s)
	}
	slices.SortStableFunc(a.Causes, func(a, b Summary) int { return cmp.Compare(b.Main, a.Main) })
	return a, e.maps(ctx, a, e.opts.Maps)
}

// gain is what a cure brings over all queries.
func (e *examination) gain(c cured) (Cure, error) {
	after, gains := map[int]float64{}, map[string]float64{}
	for q, v := range e.before {
		after[q] = v
		if w, ok := c.after[q]; ok && w != v {
			after[q], gains[e.Queries.IDs[q]] = w, w-v
		}
	}
	m, err := evaluate.Compare(e.report(e.before), e.report(after), marAt10, evaluate.Options{})
	return Cure{Way: c.way, Gain: m.Value, Low: m.Low, High: m.High, AtMost: c.atMost, Queries: gains}, err
}

// unit scales a vector to length 1.
func unit(v []float32) {
	length := math.Sqrt(float64(dot(v, v)))
	for i := range v {
		v[i] /= float32(max(1e-12, length))
	}
}
