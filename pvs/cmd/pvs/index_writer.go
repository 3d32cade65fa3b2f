package main

import (
	"errors"
	"time"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// writerPatience is how long a verb waits for another writer of an index: pvs serve keeps the lock for a moment after
// each change.
var writerPatience = 5 * time.Second

// indexWriter opens an index to change it.
func (a *app) indexWriter(dir string) (*index.Writer, error) {
	for end := time.Now().Add(writerPatience); ; {
		w, err := index.OpenWriter(dir)
		if !errors.Is(err, onewriter.ErrBusy) || time.Now().After(end) {
			return w, err
		}
		select {
		case <-a.ctx.Done():
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}
