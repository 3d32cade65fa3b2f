package combine

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Mean makes one query of several photos of one thing: the mean of their unit vectors,
// scaled to length 1. Names says of what thing each vector is. The result has a vector for
// each name, in the order of their first photos, with the name as its id.
func Mean(set *vectors.Set, names []string) (*vectors.Set, error) {
	if len(names) != set.Len() {
		return nil, fmt.Errorf("%d names do not say of what %d vectors are photos", len(names), set.Len())
	}
	if err := set.CheckUnit(); err != nil {
		return nil, fmt.Errorf("averaging photos: %w", err)
	}
	out := &vectors.Set{Dim: set.Dim, Origin: withoutPhotos(set.Origin)}
	place := map[string]int{}
	var sums []float64
	for i, name := range names {
		if name == "" {
			return nil, fmt.Errorf("vector %d (%s) has no name that says of what it is a photo", i, set.IDs[i])
		}
		p, known := place[name]
		if !known {
			p = len(out.IDs)
			place[name] = p
			out.IDs = append(out.IDs, name)
			sums = append(sums, make([]float64, set.Dim)...)
		}
		addUnit(sums[p*set.Dim:(p+1)*set.Dim], set.Row(i))
	}
	out.Data = make([]float32, len(sums))
	for p, name := range out.IDs {
		if !unitInto(out.Row(p), sums[p*set.Dim:(p+1)*set.Dim]) {
			return nil, fmt.Errorf("the vectors of %s point in opposite directions, and their mean in none; search for its "+
				"photos one by one", name)
		}
	}
	return out, nil
}

// withoutPhotos is what is still true of an origin where a vector is of several photos.
func withoutPhotos(o *vectors.Origin) *vectors.Origin {
	if o == nil {
		return nil
	}
	c := *o
	c.List, c.Photos = "", ""
	return &c
}
