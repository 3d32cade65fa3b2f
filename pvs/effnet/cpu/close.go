package cpu

import (
	"errors"
	"sync"
	"sync/atomic"
)

var (
	// errClosed is what is used after its Close.
	errClosed = errors.New("the network's kernels were closed: their weights are freed")
	// errNoMemory is when the system gives no more.
	errNoMemory = errors.New("no memory is left for the weights of the network's own kernels")
)

// inUse is how many bytes outside of Go's memory are held.
var inUse atomic.Int64

// lifetime ends what holds memory outside of Go's, once nobody uses it.
type lifetime struct {
	using  sync.RWMutex
	closed bool
	held   *holding
}

// begin says whether it may be used, until end.
func (l *lifetime) begin() error {
	l.using.RLock()
	if l.closed {
		l.using.RUnlock()
		return errClosed
	}
	return nil
}

func (l *lifetime) end() { l.using.RUnlock() }

// Close frees the weights that are outside of Go's memory, after calls that are running have ended. It may
// be called again. What is used after it returns an error; what is dropped without it is freed by Go's
// collector, some time.
func (l *lifetime) Close() {
	l.using.Lock()
	defer l.using.Unlock()
	l.closed = true
	l.held.release()
}
