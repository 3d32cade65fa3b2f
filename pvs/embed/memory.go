package embed

import (
	"context"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// InMemory is [Run] without files: it returns the vectors as a set, in the order of the
// photos that could be read.
func InMemory(ctx context.Context, e Embedder, photos []Photo, opts RunOptions) (*vectors.Set, Result, error) {
	if err := calibrate(ctx, e, photos, opts.Limits); err != nil {
		return nil, Result{}, err
	}
	origin, err := originOf(e, photos, opts)
	if err != nil {
		return nil, Result{}, err
	}
	list := make([]todo, len(photos))
	for i, p := range photos {
		list[i] = todo{p, -1}
	}
	set := &vectors.Set{Dim: e.Dim(), Origin: &origin, Data: make([]float32, 0, len(photos)*e.Dim())}
	result, err := batches(ctx, e, list, len(photos), opts, func(b *batch, out []float32) error {
		for _, p := range b.done {
			set.IDs = append(set.IDs, p.ID)
		}
		set.Data = append(set.Data, out[:len(b.done)*e.Dim()]...)
		return nil
	})
	if err != nil {
		return nil, result, err
	}
	result.Vectors = set.Len()
	return set, result, set.Check()
}
