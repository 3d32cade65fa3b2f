package feed

import (
	"context"
	"io"
	"iter"
	"time"
)

// prefetch is how many batches are made before they are needed.
const prefetch = 2

// Stream yields the batches of a range of steps.
type Stream struct {
	stop   context.CancelFunc
	ctx    context.Context
	ready  chan *Batch
	free   chan *Batch
	last   *Batch
	waited time.Duration
}

// Open starts to make the batches of steps from to to-1; a step beyond the first pass
// belongs to a later one. Cancel ctx or Close to stop early.
func Open(ctx context.Context, l Loader, o Order, from, to int) *Stream {
	ctx, stop := context.WithCancel(ctx)
	s := &Stream{stop: stop, ctx: ctx, ready: make(chan *Batch, prefetch), free: make(chan *Batch, prefetch+2)}
	for range prefetch + 2 { // those prefetched, one being made, one in use
		s.free <- &Batch{Inputs: make([]float32, o.Batch*l.InputLen()), Labels: make([]int32, o.Batch),
			Photos: make([]int32, o.Batch)}
	}
	go s.make(l, o, from, to)
	return s
}

// Next returns the next batch, which is valid until the one after it is asked for, or
// io.EOF after the last.
func (s *Stream) Next() (*Batch, error) {
	if s.last != nil {
		s.free <- s.last
		s.last = nil
	}
	start := time.Now()
	b, ok := <-s.ready
	s.waited += time.Since(start)
	if !ok {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	if b.err != nil {
		return nil, b.err
	}
	s.last = b
	return b, nil
}

// Waited returns how long Next has waited for batches.
func (s *Stream) Waited() time.Duration { return s.waited }

// Close stops the making of batches.
func (s *Stream) Close() { s.stop() }

func (s *Stream) make(l Loader, o Order, from, to int) {
	defer close(s.ready)
	steps := o.Steps()
	if steps == 0 {
		return
	}
	for step := from; step < to; {
		next, stop := iter.Pull(o.Pass(step / steps))
		for range step % steps * o.Batch {
			next()
		}
		for {
			items := take(next, o.Batch)
			if len(items) == 0 || step == to {
				break
			}
			var b *Batch
			select {
			case b = <-s.free:
			case <-s.ctx.Done():
				stop()
				return
			}
			b.load(l, items, step)
			step++
			select {
			case s.ready <- b:
			case <-s.ctx.Done():
				stop()
				return
			}
			if b.err != nil {
				stop()
				return
			}
		}
		stop()
	}
}

// take pulls up to n items.
func take(next func() (Item, bool), n int) []Item {
	var items []Item
	for len(items) < n {
		item, ok := next()
		if !ok {
			break
		}
		items = append(items, item)
	}
	return items
}
