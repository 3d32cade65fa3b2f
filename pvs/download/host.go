package download

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// host is what is known of a host while it is asked for files.
type host struct {
	name   string
	mu     sync.Mutex
	until  time.Time // it asked to be left alone until then
	failed int       // attempts in a row
	last   error     // of the last one
}

// rest notes that a host asked to be left alone.
func (h *host) rest(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := time.Now().Add(d); until.After(h.until) {
		h.until = until
	}
}

// ready waits until the host may be asked.
func (h *host) ready(ctx context.Context) error {
	for {
		h.mu.Lock()
		left := time.Until(h.until)
		h.mu.Unlock()
		if left <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// count notes how an attempt went. What is wrong with a file alone is no failure of the host.
func (h *host) count(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if errors.As(err, new(passing)) {
		h.failed, h.last = h.failed+1, err
		return
	}
	h.failed = 0
}

// givenUp says whether too many attempts failed in a row.
func (h *host) givenUp(most int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failed < most {
		return nil
	}
	// The last error is in words only: it may pass, this one does not.
	return tag.Error(fmt.Errorf("%s is given up, as %d requests failed in a row (%v)", h.name, h.failed, h.last),
		ErrGivenUp)
}

// sleep waits.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
