package records

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// writer is a set of shards being written.
type writer struct {
	name         string
	manifestFile string
	items        int
	encode       func(i int) item // called from all cores, some items ahead
	shardBytes   int64
	skipBad      bool
	progress     func(done, total int)
	manifest     Manifest // its Key says what the shards depend on
}

// item is one record.
type item struct {
	id    string
	frame []byte
	err   error // names the item
}

// write makes the shards NAME-00000.tfrecord, ... and the manifest NAME.json. Items come
// in their order whatever the number of cores. Shards that are done are kept:
// interrupted or killed, it goes on with the next and ends with the same bytes.
func (w *writer) write(ctx context.Context) (*Manifest, error) {
	w.manifest.Version = manifestVersion
	kept, err := w.resume()
	if err != nil {
		return nil, err
	}
	at := 0
	for _, s := range kept {
		at += len(s.Photos) + len(s.Skipped)
	}
	w.manifest.Shards = kept
	for at < w.items {
		next, err := w.shard(ctx, at)
		if err != nil {
			return nil, err
		}
		at = next
	}
	m := w.manifest
	for _, s := range m.Shards {
		m.Records += len(s.Photos)
		m.Skipped = append(m.Skipped, s.Skipped...)
	}
	if err := writeJSON(w.manifestFile, m); err != nil {
		return nil, err
	}
	return &m, os.Remove(w.progressFile())
}

// shard writes one from an item on and returns the item after it.
func (w *writer) shard(ctx context.Context, from int) (next int, err error) {
	s := Shard{File: fmt.Sprintf("%s-%05d.tfrecord", filepath.Base(w.name), len(w.manifest.Shards))}
	sum := sha256.New()
	next = from
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err = wholefile.Write(filepath.Join(filepath.Dir(w.name), s.File), func(file io.Writer) error {
		out := io.MultiWriter(file, sum)
		for e := range w.encoded(ctx, from) {
			next++
			switch {
			case e.err != nil && !w.skipBad:
				return fmt.Errorf("%w, or leave it out with --skip-bad", e.err)
			case e.err != nil:
				s.Skipped = append(s.Skipped, e.err.Error())
			default:
				n, err := out.Write(e.frame)
				if err != nil {
					return err
				}
				s.Bytes += int64(n)
				s.Photos = append(s.Photos, e.id)
			}
			if w.progress != nil {
				w.progress(next, w.items)
			}
			if s.Bytes >= w.shardBytes {
				return nil
			}
		}
		if next < w.items {
			return context.Cause(ctx)
		}
		return nil
	})
	if err != nil {
		return from, err
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	w.manifest.Shards = append(w.manifest.Shards, s)
	return next, w.note(s)
}

// encoded yields the items from one on in order, made on all cores some ahead.
func (w *writer) encoded(ctx context.Context, from int) func(yield func(item) bool) {
	ahead := 2 * runtime.GOMAXPROCS(0)
	queue := make(chan chan item, ahead)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		for i := from; i < w.items; i++ {
			result := make(chan item, 1)
			select {
			case queue <- result:
			case <-ctx.Done():
				return
			}
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				result <- w.encode(i)
			}()
		}
	}()
	return func(yield func(item) bool) {
		for result := range queue {
			if !yield(<-result) {
				return
			}
		}
	}
}

func writeJSON(path string, v any) error {
	return wholefile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(v)
	})
}
