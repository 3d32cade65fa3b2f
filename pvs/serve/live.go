package serve

import (
	"fmt"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/embed"
)

// live is an index with the network that its vectors are of. Requests hold it while they are answered; one that was
// replaced is closed by the last of them.
type live struct {
	index Index
	batch *batcher
	key   string // of the embedder: what its vectors may be compared with

	mu      sync.Mutex
	holders int
	retired bool
	closed  func(error)
}

// newLive checks that the two belong together, as far as their shape shows it.
func (s *Server) newLive(index Index, e embed.Embedder) (*live, error) {
	snap, err := index.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	if _, is := snap.(Teachable); !is && s.opts.Clicks != nil {
		return nil, errNotTeachable
	}
	if info := snap.Info(); info.Dim != e.Dim() {
		return nil, fmt.Errorf("the index %s has vectors of %d values, of %s; the network makes %d",
			info.Name, info.Dim, info.Network, e.Dim())
	}
	return &live{index: index, batch: newBatcher(e, s.metrics.batch), key: e.Key(), closed: s.closed}, nil
}

// hold keeps it open; false: it was replaced, and the caller takes the one that came after.
func (l *live) hold() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retired {
		return false
	}
	l.holders++
	return true
}

// release ends a hold.
func (l *live) release() {
	l.mu.Lock()
	l.holders--
	last := l.retired && l.holders == 0
	l.mu.Unlock()
	if last {
		l.close()
	}
}

// retire lets no one hold it any more.
func (l *live) retire() {
	l.mu.Lock()
	last := !l.retired && l.holders == 0
	l.retired = true
	l.mu.Unlock()
	if last {
		l.close()
	}
}

func (l *live) close() {
	l.batch.close()
	l.closed(l.index.Close())
}

// hold returns what answers now; the caller releases it.
func (s *Server) hold() (*live, error) {
	for {
		l := s.live.Load()
		if l == nil {
			return nil, errClosed
		}
		if l.hold() {
			return l, nil
		}
	}
}

// view is what an answer is made of: one snapshot of what answers now.
type view struct {
	*live
	Snapshot
}

// view takes the newest snapshot; the caller ends it.
func (s *Server) view() (*view, error) {
	l, err := s.hold()
	if err != nil {
		return nil, err
	}
	snap, err := l.index.Snapshot()
	if err != nil {
		l.release()
		return nil, err
	}
	return &view{l, snap}, nil
}

func (v *view) end() {
	v.Snapshot.Close()
	v.live.release()
}

// Swap puts another index, and the embedder of its vectors, in place of those that answer. Requests that have begun
// are answered by the old ones, which are then closed; no request fails, and none sees both. If the new ones do not
// belong together nothing is changed and they are the caller's still.
func (s *Server) Swap(index Index, e embed.Embedder) error {
	next, err := s.newLive(index, e)
	if err != nil {
		return err
	}
	old := s.live.Swap(next)
	if old == nil { // closed meanwhile
		s.live.Store(nil)
		next.retire()
		return errClosed
	}
	old.retire()
	s.teaching.again()
	s.metrics.swaps.Inc()
	return nil
}

// closed notes that an index was let go of.
func (s *Server) closed(err error) {
	if err != nil {
		s.opts.Log(fmt.Sprintf("closing an index that was replaced: %v", err))
	}
}
