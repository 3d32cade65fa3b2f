package serve

import (
	"context"
	"io"
	"sync/atomic"
)

// admission lets a few photos be worked on at once and some more wait; who comes then is turned away at once, which
// is kinder than an answer that nobody waits for any longer.
type admission struct {
	inside chan struct{} // those that work and those that wait
	slots  chan struct{} // those that work
}

func newAdmission(slots, waiting int) *admission {
	return &admission{inside: make(chan struct{}, slots+waiting), slots: make(chan struct{}, slots)}
}

// enter takes a place among those that wait, or says that there is none.
func (a *admission) enter() (leave func(), err error) {
	select {
	case a.inside <- struct{}{}:
		return func() { <-a.inside }, nil
	default:
		return nil, errOverloaded
	}
}

// work waits for a slot.
func (a *admission) work(ctx context.Context) (done func(), err error) {
	select {
	case a.slots <- struct{}{}:
		return func() { <-a.slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// budget bounds the bytes of all uploads that are in memory.
type budget struct {
	free atomic.Int64
}

// reader charges what is read of a body, as it comes: a client that is slow holds only what it has sent.
func (b *budget) reader(r io.ReadCloser) *charged { return &charged{ReadCloser: r, to: b} }

type charged struct {
	io.ReadCloser
	to   *budget
	held int64
}

func (c *charged) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.held += int64(n)
	if c.to.free.Add(int64(-n)) < 0 {
		return n, errBudget
	}
	return n, err
}

// refund gives back what was charged.
func (c *charged) refund() {
	c.to.free.Add(c.held)
	c.held = 0
}
