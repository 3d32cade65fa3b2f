package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/cores"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Photo is an image file with its id and, for messages, where it is listed.
type Photo struct {
	ID, File string
	Where    string // "photos.csv line 12"
}

// PhotosOf lists the photos of a catalogue's split.
func PhotosOf(c *catalog.Catalog, split catalog.Split) []Photo {
	var photos []Photo
	for _, p := range c.Split(split) {
		photos = append(photos, Photo{ID: p.ID, File: c.File(p), Where: fmt.Sprintf("%s line %d", catalog.PhotosFile, p.Line)})
	}
	return photos
}

// RunOptions of [Run].
type RunOptions struct {
	SkipBad  bool                  // leave out photos that cannot be read, instead of failing
	Limits   imageprep.Limits      // of image files
	Progress func(done, total int) // called after each batch; may be nil
}

// Result says what [Run] did.
type Result struct {
	Vectors         int      // in the set, those of an interrupted run included
	New             int      // embedded now
	Skipped         []string // one line for each photo left out
	ImagesPerSecond float64  // of those embedded now, without the first batch, which compiles
}

// batch is photos on their way to the device.
type batch struct {
	ids    []string
	inputs []float32
	bad    []string // lines
	err    error
	photos int              // that it was made from
	free   chan<- []float32 // where the inputs go when they are no longer needed
}

// One embeds a single photo; the id is for what is made of it.
func One(e Embedder, id string, photo *imageprep.RGB) (*vectors.Set, error) {
	inputs := make([]float32, e.Batch()*e.InputLen())
	e.Prepare(photo, inputs[:e.InputLen()])
	if c, ok := e.(Calibrated); ok {
		if err := c.Calibrate(context.Background(), inputs[:e.InputLen()]); err != nil {
			return nil, err
		}
	}
	set := &vectors.Set{IDs: []string{id}, Dim: e.Dim(), Data: make([]float32, e.Dim())}
	return set, e.Embed(inputs, 1, set.Data)
}

// Run embeds photos into the set NAME (NAME.npy and NAME.ids). At most three batches
// are in memory. Cancelled or killed, it goes on at its next start with the same
// embedder and photos. A photo that cannot be read is an error that names it, unless
// opts.SkipBad is set.
func Run(ctx context.Context, e Embedder, photos []Photo, name string, opts RunOptions) (Result, error) {
	w, err := vectors.OpenWriter(name, e.Dim(), e.Key()+" "+digest(photos))
	if err != nil {
		return Result{}, err
	}
	result, err := run(ctx, e, photos, w, opts)
	if err != nil {
		if kept := w.Suspend(); kept != nil {
			return result, kept
		}
		return result, err
	}
	result.Vectors = len(w.Done())
	return result, w.Close()
}

// digest tells lists of photos apart, so that a run does not go on with the vectors of
// another split or catalogue.
func digest(photos []Photo) string {
	h := sha256.New()
	for _, p := range photos {
		fmt.Fprintf(h, "%q %q\n", p.ID, p.File) // a hash's Write does not fail
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func run(ctx context.Context, e Embedder, photos []Photo, w *vectors.Writer, opts RunOptions) (Result, error) {
	var result Result
	done := make(map[string]bool, len(w.Done()))
	for _, id := range w.Done() {
		done[id] = true
	}
	var todo []Photo
	for _, p := range photos {
		if !done[p.ID] {
			todo = append(todo, p)
		}
	}
	finished := len(photos) - len(todo)
	if opts.Progress != nil {
		opts.Progress(finished, len(photos))
	}
	if len(todo) > 0 {
		// On the whole list, so that a run that goes on is calibrated as it was.
		if err := calibrate(ctx, e, photos, opts.Limits); err != nil {
			return result, err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out := make([]float32, e.Batch()*e.Dim())
	var timed int
	var start time.Time
	for b := range prepare(ctx, e, todo, opts) {
		if b.err != nil {
			return result, b.err
		}
		result.Skipped = append(result.Skipped, b.bad...)
		if len(b.ids) > 0 {
			if err := e.Embed(b.inputs, len(b.ids), out); err != nil {
				return result, err
			}
		}
		b.free <- b.inputs
		for i, id := range b.ids {
			if err := w.Append(id, out[i*e.Dim():(i+1)*e.Dim()]); err != nil {
				return result, err
			}
		}
		if err := w.Flush(); err != nil {
			return result, err
		}
		result.New += len(b.ids)
		if start.IsZero() {
			start = time.Now()
		} else {
			timed += len(b.ids)
			result.ImagesPerSecond = float64(timed) / time.Since(start).Seconds()
		}
		finished += b.photos
		if opts.Progress != nil {
			opts.Progress(finished, len(photos))
		}
	}
	return result, ctx.Err()
}

// inFlight is how many batches there are: one being decoded, one waiting, one on the device.
const inFlight = 3

// prepare decodes batches ahead of their use.
func prepare(ctx context.Context, e Embedder, photos []Photo, opts RunOptions) <-chan *batch {
	ready := make(chan *batch, 1)
	free := make(chan []float32, inFlight)
	for range inFlight {
		free <- make([]float32, e.Batch()*e.InputLen())
	}
	go func() {
		defer close(ready)
		for len(photos) > 0 {
			n := min(e.Batch(), len(photos))
			b := &batch{photos: n, free: free}
			select {
			case b.inputs = <-free:
			case <-ctx.Done():
				return
			}
			b.decode(e, photos[:n], opts)
			photos = photos[n:]
			select {
			case ready <- b:
			case <-ctx.Done():
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	return ready
}

// decode reads and prepares one batch on all cores.
func (b *batch) decode(e Embedder, photos []Photo, opts RunOptions) {
	errs := make([]error, len(photos))
	_ = cores.Each(context.Background(), len(photos), func(i int) error {
		var photo *imageprep.RGB
		if photo, errs[i] = imageprep.Open(photos[i].File, opts.Limits); errs[i] == nil {
			e.Prepare(photo, b.inputs[i*e.InputLen():(i+1)*e.InputLen()])
		}
		return nil // a bad photo does not keep the others from being read
	})
	for i, p := range photos {
		if errs[i] != nil {
			line := fmt.Sprintf("photo %s (%s): %v", p.ID, p.Where, errs[i])
			if !opts.SkipBad {
				b.err = fmt.Errorf("%s, or leave it out with --skip-bad", line)
				return
			}
			b.bad = append(b.bad, line)
			continue
		}
		// Close the gap that a bad photo left.
		copy(b.inputs[len(b.ids)*e.InputLen():], b.inputs[i*e.InputLen():(i+1)*e.InputLen()])
		b.ids = append(b.ids, p.ID)
	}
}
