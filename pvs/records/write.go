package records

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Options of [Write]; zero values are defaults.
type Options struct {
	Quality    int   // of the JPEGs; 0: 95
	Pixels     int   // larger squares are resized to this side; 0: none is
	ShardBytes int64 // a shard ends with the record that reaches this; 0: 128 MiB
	SkipBad    bool  // leave out photos that cannot be read, and list them
	Progress   func(done, total int)
}

// Write makes shards NAME-00000.tfrecord, ... and the manifest NAME.json of a split's
// photos, in the catalogue's order: padded to squares with the mean of their perimeter
// and encoded as JPEG, with the place of the category in classes as label. Shards
// that are done are kept: interrupted or killed, it goes on with the next and ends with
// the same bytes.
func Write(ctx context.Context, c *catalog.Catalog, split catalog.Split, classes []string, name string, opts Options) (*Manifest, error) {
	if opts.Quality == 0 {
		opts.Quality = 95
	}
	if opts.ShardBytes == 0 {
		opts.ShardBytes = 128 << 20
	}
	photos := c.Split(split)
	switch {
	case opts.Quality < 1 || opts.Quality > 100:
		return nil, fmt.Errorf("a JPEG quality of %d is not in 1 to 100", opts.Quality)
	case opts.Pixels < 0 || opts.ShardBytes < 1:
		return nil, fmt.Errorf("squares of %d pixels in shards of %d bytes cannot be written", opts.Pixels, opts.ShardBytes)
	case len(photos) == 0:
		return nil, fmt.Errorf("the catalogue %s has no photos in the split %s", c.Dir, split)
	}
	w := &writer{catalog: c, photos: photos, classes: classes, name: name, opts: opts}
	w.manifest = Manifest{Version: manifestVersion, Quality: opts.Quality, Pixels: opts.Pixels, Catalog: c.Dir, Split: string(split), Classes: classes, Key: w.key()}
	at := w.resume()
	for at < len(photos) {
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
	if err := writeJSON(manifestFile(name), m); err != nil {
		return nil, err
	}
	return &m, os.RemoveAll(w.progressFile())
}

// writer is a set being written.
type writer struct {
	catalog  *catalog.Catalog
	photos   []catalog.Photo
	classes  []string
	name     string
	opts     Options
	manifest Manifest
}

// key hashes what the shards depend on.
func (w *writer) key() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %q\n", w.opts.Quality, w.opts.Pixels, w.opts.ShardBytes, w.classes) // a hash's Write does not fail
	for _, p := range w.photos {
		fmt.Fprintf(h, "%q %q %q\n", p.ID, w.catalog.File(p), p.Category)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// progressFile lists the shards that are done until all are.
func (w *writer) progressFile() string { return w.name + ".part.json" }

// resume takes over the shards of an interrupted or finished writing of the same
// photos, and returns the photo to go on with.
func (w *writer) resume() int {
	for _, path := range []string{manifestFile(w.name), w.progressFile()} {
		var m Manifest
		data, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(data, &m) != nil || m.Version != manifestVersion || m.Key != w.manifest.Key {
			continue
		}
		done := 0
		var kept []Shard
		for _, s := range m.Shards {
			if info, err := os.Stat(filepath.Join(filepath.Dir(w.name), s.File)); err != nil || info.Size() != s.Bytes {
				break
			}
			kept = append(kept, s)
			done += len(s.Photos) + len(s.Skipped)
		}
		w.manifest.Shards = kept
		return done
	}
	return 0
}

// shard writes one from a photo on and returns the photo after it.
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
			case e.err != nil && !w.opts.SkipBad:
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
			if w.opts.Progress != nil {
				w.opts.Progress(next, len(w.photos))
			}
			if s.Bytes >= w.opts.ShardBytes {
				return nil
			}
		}
		if next < len(w.photos) {
			return context.Cause(ctx)
		}
		return nil
	})
	if err != nil {
		return from, err
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	w.manifest.Shards = append(w.manifest.Shards, s)
	return next, writeJSON(w.progressFile(), w.manifest)
}

// encoded is a photo's record.
type encoded struct {
	id    string
	frame []byte
	err   error // names the photo
}

// encoded yields the records from a photo on in order, made on all cores some ahead.
func (w *writer) encoded(ctx context.Context, from int) func(yield func(encoded) bool) {
	ahead := 2 * runtime.GOMAXPROCS(0)
	queue := make(chan chan encoded, ahead)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		for _, p := range w.photos[from:] {
			result := make(chan encoded, 1)
			select {
			case queue <- result:
			case <-ctx.Done():
				return
			}
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				frame, err := w.encode(p)
				if err != nil {
					err = fmt.Errorf("photo %s (%s line %d): %w", p.ID, catalog.PhotosFile, p.Line, err)
				}
				result <- encoded{p.ID, frame, err}
			}()
		}
	}()
	return func(yield func(encoded) bool) {
		for result := range queue {
			if !yield(<-result) {
				return
			}
		}
	}
}

// encode makes a photo's record.
func (w *writer) encode(p catalog.Photo) ([]byte, error) {
	m, err := imageprep.Open(w.catalog.File(p), imageprep.Limits{})
	if err != nil {
		return nil, err
	}
	if n := w.opts.Pixels; n > 0 && max(m.Width, m.Height) > n {
		square := make([]float32, 3*n*n)
		imageprep.Square(m, n, square)
		m = imageprep.NewRGB(n, n)
		for i, v := range square {
			m.Pix[i] = uint8(v + 0.5)
		}
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, imageprep.PadSquare(m).Image(), &jpeg.Options{Quality: w.opts.Quality}); err != nil {
		return nil, fmt.Errorf("encoding it: %w", err)
	}
	label := int64(-1)
	if i, ok := slices.BinarySearch(w.classes, string(p.Category)); ok {
		label = int64(i)
	}
	return appendFrame(nil, Record{Image: jpg.Bytes(), Label: label}.example().Marshal()), nil
}

func writeJSON(path string, v any) error {
	return wholefile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(v)
	})
}
