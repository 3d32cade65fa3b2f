package feed

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gopvs/product-visual-search/pvs/augment"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Augmented prepares augmented squares [size, size, 3], RGB, 0..255. It is used by many goroutines at once.
//
// Photos are shrunk once, to a longer side of 256 pixels or twice the squares', whichever is more, and as many of them
// as fit into memory are cached, so that epochs after the first do not decode them again. What is cached changes no
// value: photos that are not are shrunk all the same.
type Augmented struct {
	source  Source
	augment *augment.Augmenter
	longer  int
	cached  sync.Map     // photo -> *imageprep.RGB, shrunk
	memory  atomic.Int64 // bytes that are left for it
}

// leastCached is the least longer side of cached photos.
const leastCached = 256

// NewAugmented reads photos from a source; memory is the limit of the cache in bytes, 0: none.
func NewAugmented(s Source, a *augment.Augmenter, memory int64) *Augmented {
	m := &Augmented{source: s, augment: a, longer: max(leastCached, 2*a.Size())}
	m.memory.Store(memory)
	return m
}

// InputLen returns the values of a square.
func (m *Augmented) InputLen() int { return 3 * m.augment.Size() * m.augment.Size() }

// Load writes a draw's variant into dst.
func (m *Augmented) Load(d Draw, dst []float32) error {
	photo, err := m.photo(d.Photo)
	if err != nil {
		return err
	}
	m.augment.Into(dst, photo, augment.Key{Epoch: d.Epoch, Photo: d.Photo, Copy: d.Copy})
	return nil
}

// photo returns a shrunk photo.
func (m *Augmented) photo(photo int) (*imageprep.RGB, error) {
	if p, ok := m.cached.Load(photo); ok {
		return p.(*imageprep.RGB), nil
	}
	whole, err := m.source.Open(photo)
	if err != nil {
		return nil, err
	}
	p := augment.Shrink(whole, m.longer)
	if size := int64(len(p.Pix)); m.memory.Add(-size) < 0 {
		m.memory.Add(size)
	} else if _, twice := m.cached.LoadOrStore(photo, p); twice { // two goroutines read it
		m.memory.Add(size)
	}
	return p, nil
}

// Grounds reads n of a source's photos, shrunk, drawn by a seed: for [augment.Augmenter.Grounds].
func Grounds(s Source, n int, seed uint64) ([]*imageprep.RGB, error) {
	photos := rand.New(rand.NewPCG(seed, 11)).Perm(s.Len())[:min(n, s.Len())]
	slices.Sort(photos)
	out := make([]*imageprep.RGB, len(photos))
	err := cores.Each(context.Background(), len(out), func(i int) error {
		p, err := s.Open(photos[i])
		if err == nil {
			out[i] = augment.Shrink(p, leastCached)
		}
		return err
	})
	return out, err
}

// OpenSampled starts to make the batches of steps from to to-1, on all cores and ahead of time. [Batch].Labels are the
// draws' (-1: none), Items stay empty. Cancel ctx or Close to stop early.
func OpenSampled(ctx context.Context, m *Augmented, s Sampler, from, to int) *Stream {
	ctx, stop := context.WithCancel(ctx)
	size := s.Size()
	stream := &Stream{stop: stop, ctx: ctx, ready: make(chan *Batch, prefetch), free: make(chan *Batch, prefetch+2)}
	for range prefetch + 2 { // those ready, one being made, one in use
		stream.free <- &Batch{Inputs: make([]float32, size*m.InputLen()), Labels: make([]int32, size),
			Photos: make([]int32, size)}
	}
	go func() {
		defer close(stream.ready)
		for step := from; step < to; step++ {
			var b *Batch
			select {
			case b = <-stream.free:
			case <-ctx.Done():
				return
			}
			b.sample(ctx, m, s.Draws(step), step)
			if errors.Is(b.err, context.Canceled) && ctx.Err() != nil {
				return // the stream's own end is what Next says
			}
			select {
			case stream.ready <- b:
			case <-ctx.Done():
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	return stream
}

// sample loads a batch's draws on all cores.
func (b *Batch) sample(ctx context.Context, m *Augmented, draws []Draw, step int) {
	n := m.InputLen()
	b.Step, b.N = step, len(draws)
	b.err = cores.Each(ctx, len(draws), func(i int) error { return m.Load(draws[i], b.Inputs[i*n:(i+1)*n]) })
	clear(b.Inputs[len(draws)*n:])
	for i := range b.Labels {
		b.Labels[i], b.Photos[i] = 0, -1
		if i < len(draws) {
			b.Labels[i], b.Photos[i] = draws[i].Label, int32(draws[i].Photo)
		}
	}
}
