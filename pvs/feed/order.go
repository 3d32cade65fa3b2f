package feed

import (
	"iter"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// bufferBatches is the size of the shuffle buffer (RECIPE.md).
const bufferBatches = 10

// Order is the order of views in a pass over the photos.
type Order struct {
	Photos int
	Views  []imageprep.View // of each photo, one after the other
	Batch  int              // views in a batch
	Seed   uint64
	// Keeps says whether a photo has a view; nil: it has all. A10 is only of large photos.
	Keeps func(photo int, v imageprep.View) bool
	// Sorted keeps the photos in their own order instead of shuffling them.
	Sorted bool
}

// Item is one view of one photo.
type Item struct {
	Photo int
	View  imageprep.View
	Pass  int // number of the pass over the photos, from 0
}

// Items returns the number of views in a pass over the photos.
func (o Order) Items() int {
	if o.Keeps == nil {
		return o.Photos * len(o.Views)
	}
	n := 0
	for photo := range o.Photos {
		for _, v := range o.Views {
			if o.Keeps(photo, v) {
				n++
			}
		}
	}
	return n
}

// Steps returns the number of batches in a pass; the last may be short.
func (o Order) Steps() int { return (o.Items() + o.Batch - 1) / o.Batch }

// Pass yields the items of a pass, from 0. Photos go through the buffer, not views, so
// that the views of a photo stay together, as the triplet loss needs them.
func (o Order) Pass(pass int) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for photo := range o.photos(pass) {
			for _, v := range o.Views {
				if o.Keeps != nil && !o.Keeps(photo, v) {
					continue
				}
				if !yield(Item{photo, v, pass}) {
					return
				}
			}
		}
	}
}

// photos yields each photo once, as tf.data's shuffle does: each photo that is drawn from
// a buffer is replaced by the next one. A catalogue lists its photos by category, so they
// are first permuted once, as records are when they are written.
func (o Order) photos(pass int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if o.Sorted {
			for photo := range o.Photos {
				if !yield(photo) {
					return
				}
			}
			return
		}
		written := rand.New(rand.NewPCG(o.Seed, 0)).Perm(o.Photos)
		size := min(o.Photos, max(1, (bufferBatches*o.Batch+len(o.Views)-1)/max(1, len(o.Views))))
		buffer, rest := written[:size:size], written[size:]
		draw := rand.New(rand.NewPCG(o.Seed, uint64(pass)+1))
		for len(buffer) > 0 {
			i := draw.IntN(len(buffer))
			photo := buffer[i]
			if len(rest) > 0 {
				buffer[i], rest = rest[0], rest[1:]
			} else {
				buffer[i] = buffer[len(buffer)-1]
				buffer = buffer[:len(buffer)-1]
			}
			if !yield(photo) {
				return
			}
		}
	}
}
