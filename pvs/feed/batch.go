package feed

import (
	"context"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Batch is the input of one step of training.
type Batch struct {
	Step   int       // from 0
	N      int       // items; rows from N on are padding
	Inputs []float32 // [Order.Batch, InputLen]; zeros from row N on
	Labels []int32   // [Order.Batch] classes; 0 from row N on
	Photos []int32   // [Order.Batch] the items' photos; -1 from row N on
	Items  []Item    // [N]
	err    error
}

// load loads a batch's items on all cores. Consecutive views of one photo are loaded
// in one call, so that it is decoded once.
func (b *Batch) load(l Loader, items []Item, step int) {
	n := l.InputLen()
	b.Step, b.N, b.Items = step, len(items), items
	var starts []int // of each photo's run of items, and the end
	for i, item := range items {
		if i == 0 || item.Photo != items[i-1].Photo {
			starts = append(starts, i)
		}
	}
	starts = append(starts, len(items))
	b.err = cores.Each(context.Background(), len(starts)-1, func(i int) error {
		from, to := starts[i], starts[i+1]
		return l.Load(items[from].Photo, items[from:to], b.Inputs[from*n:to*n])
	})
	clear(b.Inputs[len(items)*n:])
	for i := range b.Labels {
		b.Labels[i], b.Photos[i] = 0, -1
		if i < len(items) {
			b.Labels[i], b.Photos[i] = l.Label(items[i].Photo), int32(items[i].Photo)
		}
	}
}
