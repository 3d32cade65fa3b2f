package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// attempt asks for a file once. Turn lets as many requests run at a time as may; ctx ends the waiting, and begun a
// request that has begun.
func (c *client) attempt(ctx, begun context.Context, h *host, turn chan struct{}, address string, had had) (answer,
	error) {
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
	return a, err
}

// retry says whether to ask again after an error of an attempt, from 1, and after which pause; else final is why the
// file is not had.
func (c *client) retry(h *host, attempt int, err error) (pause time.Duration, final error) {
	var p passing
	switch {
	case !errors.As(err, &p):
		return 0, err
	case p.after > c.opts.LongestWait:
		return 0, fmt.Errorf("%w and asks to come back in %s", err, p.after.Round(time.Second))
	case attempt >= c.opts.Attempts:
		return 0, fmt.Errorf("%w (%d attempts)", err, attempt)
	case p.after > 0:
		h.rest(p.after)
	}
	return c.opts.pause(attempt + 1), nil
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
