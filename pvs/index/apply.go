package index

import (
	"context"
	"fmt"
)

// Change is what one transaction does: first Remove, then Put.
type Change struct {
	Put    []Entry  // photos to add; those whose id is there are replaced
	Remove []string // ids
}

// Changed says what a transaction did.
type Changed struct {
	Added, Replaced, Removed int
	Missing                  []string // ids to be removed that were not there
	State                    uint64   // of the index, after it: the first in which a search sees it
}

// request is a change that waits for its transaction.
type request struct {
	change Change
	done   *Changed // after it; nil: not yet
	err    error
}

// Apply changes the index in one transaction: when it returns without an error all of the change is on the disk, else
// none of it. Changes that other goroutines ask for meanwhile share a transaction, and so its wait for the disk; each
// of them is still done as a whole or not at all.
func (w *Writer) Apply(ctx context.Context, c Change) (*Changed, error) {
	for i := range c.Put {
		if err := c.Put[i].check(w.dim); err != nil {
			return nil, err
		}
	}
	r := &request{change: c}
	w.waiting.Lock()
	w.queue = append(w.queue, r)
	w.waiting.Unlock()
	w.serve(ctx, r)
	if r.err != nil {
		return nil, fmt.Errorf("changing the index %s: %w", w.dir, explain(r.err))
	}
	w.settle(context.WithoutCancel(ctx))
	return r.done, nil
}

// mostRequests share a transaction.
const mostRequests = 256

// serve does a request, and those that wait with it, unless another goroutine has done it.
func (w *Writer) serve(ctx context.Context, r *request) {
	w.writing.Lock()
	defer w.writing.Unlock()
	for r.done == nil && r.err == nil {
		w.waiting.Lock()
		if r.err = ctx.Err(); r.err != nil { // and it takes part no more
			for i, q := range w.queue {
				if q == r {
					w.queue = append(w.queue[:i:i], w.queue[i+1:]...)
					break
				}
			}
			w.waiting.Unlock()
			return
		}
		n := min(len(w.queue), mostRequests)
		list := w.queue[:n:n]
		w.queue = w.queue[n:]
		w.waiting.Unlock()
		if err := w.transact(context.WithoutCancel(ctx), list); err != nil {
			for _, q := range list {
				q.done, q.err = nil, err
			}
		}
	}
}

// transact does requests in one transaction.
func (w *Writer) transact(ctx context.Context, list []*request) error {
	tx, err := w.begin(ctx)
	if err != nil {
		return err
	}
	added := 0
	for _, r := range list {
		if r.done, err = tx.do(ctx, r.change); err != nil {
			return tx.undo(ctx, err)
		}
		added += len(r.change.Put)
	}
	state, err := tx.step(ctx)
	if err != nil {
		return tx.undo(ctx, err)
	}
	for _, r := range list {
		r.done.State = state
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	w.tail += added
	return nil
}

// do does a change.
func (t *transaction) do(ctx context.Context, c Change) (*Changed, error) {
	done := &Changed{}
	for _, id := range c.Remove {
		was, err := t.remove(ctx, id)
		if err != nil {
			return nil, err
		}
		if was {
			done.Removed++
		} else {
			done.Missing = append(done.Missing, id)
		}
	}
	for i := range c.Put {
		was, err := t.remove(ctx, c.Put[i].ID)
		if err == nil {
			err = t.insert(ctx, &c.Put[i])
		}
		if err != nil {
			return nil, err
		}
		if was {
			done.Replaced++
		} else {
			done.Added++
		}
	}
	return done, nil
}
