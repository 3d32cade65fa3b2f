package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// file asks for a file until it comes, at most opts.Attempts times. Turn lets as many requests run at a time as may;
// ctx ends the waiting, and begun a request that has begun.
func (c *client) file(ctx, begun context.Context, h *host, turn chan struct{}, address string, had had) (answer,
	error) {
	for attempt := 1; ; attempt++ {
		if err := h.ready(ctx); err != nil {
			return answer{}, err
		}
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
		a, err := c.once(begun, address, had)
		<-turn
		if err == nil && !a.same {
			err = c.check(address, a)
		}
		var p passing
		if err == nil || !errors.As(err, &p) {
			return a, err
		}
		if begun.Err() != nil { // the time for what had begun is over
			return answer{}, ctx.Err()
		}
		switch {
		case p.after > c.opts.LongestWait:
			return answer{}, passing{fmt.Errorf("%w and asks to come back in %s", p.error, p.after.Round(time.Second)), p.after}
		case attempt >= c.opts.Attempts:
			return answer{}, passing{fmt.Errorf("%w (%d attempts)", p.error, attempt), 0}
		case p.after > 0:
			h.rest(p.after)
		}
		if err := sleep(ctx, c.opts.pause(attempt+1)); err != nil {
			return answer{}, err
		}
	}
}

// check refuses what is not of the kind that is wanted.
func (c *client) check(address string, a answer) error {
	if c.opts.Check == nil {
		return nil
	}
	err := c.opts.Check(a.content)
	if err == nil {
		return nil
	}
	if a.kind != "" {
		err = fmt.Errorf("%w (the host calls it %.60s)", err, a.kind)
	}
	err = fmt.Errorf("%s: %w", redacted(address), err)
	if a.short {
		return passing{err, 0}
	}
	return err
}

// redacted is an address without its password.
func redacted(address string) string {
	u, err := parse(address)
	if err != nil {
		return address
	}
	return u.Redacted()
}

// digest is the SHA-256 of a content, in hex.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
