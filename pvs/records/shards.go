package records

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
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
	file         func(i int) string // that an item is made from; nil: none
	log          func(string)       // may be nil
	manifest     Manifest           // its Asked says what the shards are of
	// beside says that a set is there, which stays until the new one is whole: shards have
	// another name until then.
	beside bool
}

func (w *writer) say(line string) {
	if w.log != nil {
		w.log(line)
	}
}

// item is one record.
type item struct {
	id    string
	frame []byte
	stamp string // of its file
	err   error  // names the item
}

// write makes the shards NAME-00000.tfrecord, ... and the manifest NAME.json. Items come
// in their order whatever the number of cores. Shards that are done are kept:
// interrupted or killed, it goes on with the next and ends with the same bytes. The set
// has one writer at a time. A set that is there before stays whole until the new one is;
// the disk holds both until then.
func (w *writer) write(ctx context.Context) (*Manifest, error) {
	lock, err := onewriter.Lock(w.name)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := w.mayReplace(); err != nil {
		return nil, err
	}
	shards, whole, err := w.resume()
	if err != nil {
		return nil, err
	}
	if whole != nil {
		return whole, errors.Join(w.removeUnnamed(), remove(w.progressFile())) // a kill may have left them
	}
	at := 0
	for i := range shards {
		at += shards[i].items()
	}
	for at < w.items {
		s, err := w.shard(ctx, at, len(shards))
		if err != nil {
			return nil, err
		}
		shards = append(shards, s)
		at += s.items()
	}
	if ctx.Err() != nil { // the last moment at which the old set stays
		return nil, context.Cause(ctx)
	}
	m := w.complete(shards)
	return m, w.replace(shards, m)
}

// complete makes the manifest of all shards.
func (w *writer) complete(shards []doneShard) *Manifest {
	m := w.manifest
	m.Version = manifestVersion
	key := sha256.New()
	fmt.Fprintln(key, m.Asked) // a hash's Write does not fail
	for _, s := range shards {
		m.Records += len(s.Photos)
		m.Skipped = append(m.Skipped, s.Skipped...)
		m.Shards = append(m.Shards, s.Shard)
		fmt.Fprintln(key, s.SHA256)
	}
	m.Key = hex.EncodeToString(key.Sum(nil)[:8])
	return &m
}

// shardFile names shard i of a set.
func (w *writer) shardFile(i int) string {
	return fmt.Sprintf("%s-%05d.tfrecord", filepath.Base(w.name), i)
}

// removeFrom removes the shards from i on that a larger set of the same name left: who
// reads all files of the folder would read them, too.
func (w *writer) removeFrom(i int) error {
	for ; ; i++ {
		err := os.Remove(filepath.Join(filepath.Dir(w.name), w.shardFile(i)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// shard writes the one of a number from an item on.
func (w *writer) shard(ctx context.Context, from, number int) (s doneShard, err error) {
	s.File, s.Unnamed = w.shardFile(number), w.beside
	path := w.path(s)
	sum := sha256.New()
	next := from
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wholefile.Sweep(path)
	err = wholefile.Write(path, func(file io.Writer) error {
		out := io.MultiWriter(file, sum)
		for e := range w.encoded(ctx, from) {
			next++
			if w.file != nil {
				s.Stamps = append(s.Stamps, e.stamp)
			}
			switch {
			case e.err != nil && !w.skipBad:
				return tag.Error(e.err, catalog.ErrBad)
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
		return s, err
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return s, w.note(s)
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
