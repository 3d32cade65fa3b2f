package serve

// Weights of the photos that a search is moved towards and away from: Rocchio's, as Manning, Raghavan and Schütze,
// Introduction to Information Retrieval (2008), section 9.1.1, recommend them.
const (
	towards = 0.75
	away    = 0.15
)

// refine moves a query, of length 1 or nil, towards the mean of more and away from the mean of less, all of length 1.
func refine(query []float32, more, less [][]float32) ([]float32, error) {
	if len(more)+len(less) == 0 {
		return query, nil
	}
	dim := len(query)
	for _, list := range [][][]float32{more, less} {
		for _, v := range list {
			dim = max(dim, len(v))
		}
	}
	moved := make([]float32, dim)
	copy(moved, query)
	add := func(list [][]float32, weight float32) {
		for _, v := range list {
			for i, x := range v {
				moved[i] += weight * x / float32(len(list))
			}
		}
	}
	add(more, towards)
	add(less, -away)
	return moved, unit(moved)
}
