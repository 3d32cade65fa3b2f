package cpu

import (
	"errors"
	"sync"
	"sync/atomic"
)

var (
	// errClosed is the error of using a network after its Close.
	errClosed = errors.New("the network was closed: its weights are freed")
	// errNoMemory is the error where the system has no more memory.
	errNoMemory = errors.New("no memory is left for the network's weights")
)

// inUse is how many bytes outside of Go's memory are allocated.
var inUse atomic.Int64

// lifetime frees memory outside of Go's once nobody uses it.
type lifetime struct {
	using  sync.RWMutex
	closed bool
	memory *cMemory
}

// begin returns an error after Close; else nothing is freed until end.
func (l *lifetime) begin() error {
	l.using.RLock()
	if l.closed {
		l.using.RUnlock()
		return errClosed
	}
	return nil
}

func (l *lifetime) end() { l.using.RUnlock() }

// Close frees the weights outside of Go's memory, after running calls have ended. It may be called again. Later calls
// return an error. Without Close Go's garbage collector frees them some time.
func (l *lifetime) Close() {
	l.using.Lock()
	defer l.using.Unlock()
	l.closed = true
	l.memory.release()
}
