package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Photo is an image file with its id and, for messages, where it is listed.
type Photo struct {
	ID, File string
	Where    string // "photos.csv line 12"
}

// PhotosOf lists the photos of a catalogue's split.
func PhotosOf(c *catalog.Catalog, split catalog.Split) []Photo {
	rows := c.Split(split)
	photos := make([]Photo, 0, len(rows))
	for _, p := range rows {
		photo := Photo{ID: p.ID, File: c.File(p), Where: fmt.Sprintf("%s line %d", catalog.PhotosFile, p.Line)}
		if p.Line == 0 { // of a catalogue without a file
			photo.Where = p.Path
		}
		photos = append(photos, photo)
	}
	return photos
}

// RunOptions of [Run].
type RunOptions struct {
	SkipBad  bool                  // leave out photos that cannot be read, instead of failing
	Limits   imageprep.Limits      // of image files
	Progress func(done, total int) // called after each batch, if there is anything to do; may be nil
	Log      func(string)          // gets a line where photos are embedded again; may be nil
	// The catalogue's folder and the split that the photos are of, to be noted.
	Catalog string
	Split   catalog.Split
	Part    catalog.Part // of the split that the photos are, to be noted
}

// Result says what [Run] did.
type Result struct {
	Vectors         int      // in the set, those of an interrupted or earlier run included
	New             int      // embedded now
	Changed         int      // of them, those whose files were replaced since an earlier run
	Skipped         []string // one line for each photo left out
	ImagesPerSecond float64  // of those embedded now, without the first batch, which compiles
}

// todo is a photo to embed.
type todo struct {
	Photo
	row int // of the set, if the photo was embedded before; -1: it is appended
}

// one is an embedded photo's row and file.
type one struct {
	todo
	stamp stamp.Stamp
}

// batch is photos on their way to the device.
type batch struct {
	done   []one
	inputs []float32
	bad    []string // lines
	gone   []string // ids of those among them that were embedded before
	err    error
	photos int              // that it was made from
	free   chan<- []float32 // where the inputs go when they are no longer needed
}

// One embeds a single photo; the id is for what is made of it.
func One(e Embedder, id string, photo *imageprep.RGB) (*vectors.Set, error) {
	inputs := make([]float32, e.Batch()*e.InputLen())
	e.Prepare(photo, inputs[:e.InputLen()])
	if c, ok := e.(Calibrated); ok && c.Calibrates() && e.Origin().Calibration == nil {
		if err := c.Calibrate(context.Background(), inputs[:e.InputLen()]); err != nil {
			return nil, err
		}
	}
	origin := e.Origin()
	set := &vectors.Set{IDs: []string{id}, Dim: e.Dim(), Data: make([]float32, e.Dim()), Origin: &origin}
	return set, e.Embed(inputs, 1, set.Data)
}

// Run embeds photos into the set NAME (NAME.npy, NAME.ids, NAME.json and NAME.stamps). At
// most three batches are in memory. Cancelled or killed, it resumes at its next start with
// the same embedder and the same list of photos; a complete set of them is taken as it is.
// In both cases photos whose file contents changed are embedded again ([Changed]). A photo
// that cannot be read is an error that names it, unless opts.SkipBad is set.
func Run(ctx context.Context, e Embedder, photos []Photo, name string, opts RunOptions) (Result, error) {
	// On the whole list, so that a resumed run is calibrated as it was.
	if err := calibrate(ctx, e, photos, opts.Limits); err != nil {
		return Result{}, err
	}
	origin, err := originOf(e, photos, opts)
	if err != nil {
		return Result{}, err
	}
	key := keyOf(e.Key(), photos)
	if c := origin.Calibration; c != nil {
		key += fmt.Sprintf(" calibrated %.16x", sha256.Sum256(c))
	}
	w, err := vectors.OpenStamped(name, e.Dim(), key)
	if err != nil {
		return Result{}, err
	}
	w.Describe(origin)
	result, err := run(ctx, e, photos, w, opts)
	if err != nil {
		if failed := w.Suspend(); failed != nil {
			return result, failed
		}
		return result, err
	}
	result.Vectors = w.Len()
	return result, w.Close()
}

// originOf is an embedder's with the photos that it is given.
func originOf(e Embedder, photos []Photo, opts RunOptions) (vectors.Origin, error) {
	o := e.Origin()
	return o, ofPhotos(&o, photos, opts)
}

// ofPhotos says in an origin of which photos vectors are.
func ofPhotos(o *vectors.Origin, photos []Photo, opts RunOptions) (err error) {
	o.List, o.Split, o.Part = listOf(photos), string(opts.Split), opts.Part.String()
	if opts.Catalog != "" {
		o.Catalog, err = filepath.Abs(opts.Catalog)
	}
	return err
}

// listOf is what an origin says of photos that were to be embedded.
func listOf(photos []Photo) string {
	ids := make([]string, len(photos))
	for i, p := range photos {
		ids[i] = p.ID
	}
	return vectors.DigestIDs(ids)
}

// keyOf is the key of a set, of the embedder's and a list of photos, so that a run does not go on with the vectors of
// another split or catalogue.
func keyOf(embedder string, photos []Photo) string {
	h := sha256.New()
	for _, p := range photos {
		fmt.Fprintf(h, "%q %q\n", p.ID, p.File) // a hash's Write does not fail
	}
	return embedder + " " + hex.EncodeToString(h.Sum(nil)[:8])
}

// plan lists what is to be embedded: photos that changed since an earlier run, then those
// that it did not come to.
func plan(ctx context.Context, photos []Photo, w *vectors.Writer, opts RunOptions) (list []todo, again int, err error) {
	row := make(map[string]int, len(w.Done()))
	for i, id := range w.Done() {
		row[id] = i
	}
	var had []todo
	for _, p := range photos {
		if i, ok := row[p.ID]; ok {
			had = append(had, todo{p, i})
		} else {
			list = append(list, todo{p, -1})
		}
	}
	stamps := slices.Clone(w.Stamps())
	files, of := make([]string, len(had)), make([]stamp.Stamp, len(had))
	for i, t := range had {
		files[i], of[i] = t.File, stamps[t.row]
	}
	rows, err := Changed(ctx, files, of)
	if err != nil {
		return nil, 0, err
	}
	for i, t := range had {
		stamps[t.row] = of[i]
	}
	if !slices.Equal(stamps, w.Stamps()) {
		if err := w.Restamp(stamps); err != nil {
			return nil, 0, err
		}
	}
	var changed []todo
	for _, i := range rows {
		changed = append(changed, had[i])
	}
	if len(changed) > 0 && opts.Log != nil {
		opts.Log(fmt.Sprintf("%d of %d photos that were embedded before have other files now, or none, %s the first: "+
			"they are embedded again, as far as they are there", len(changed), len(had), changed[0].ID))
	}
	return append(changed, list...), len(changed), nil
}

// Changed returns the rows of files that no longer hold what was stamped, those that
// are gone included, and renews the stamps of files that were only touched. Size and
// times decide where they are the stamped ones, else a digest of the bytes.
func Changed(ctx context.Context, files []string, stamps []stamp.Stamp) (rows []int, err error) {
	changed := make([]bool, len(files))
	err = cores.Each(ctx, len(files), func(i int) error {
		now, same, err := stamps[i].Renew(files[i])
		if same {
			stamps[i] = now
		}
		changed[i] = !same || err != nil // what cannot be read is reported when it should be
		return nil
	})
	for i, c := range changed {
		if c {
			rows = append(rows, i)
		}
	}
	return rows, err
}

func run(ctx context.Context, e Embedder, photos []Photo, w *vectors.Writer, opts RunOptions) (Result, error) {
	list, changed, err := plan(ctx, photos, w, opts)
	if err != nil {
		return Result{}, err
	}
	result, err := batches(ctx, e, list, len(photos), opts, func(b *batch, out []float32) error {
		if len(b.gone) > 0 {
			if err := w.Drop(b.gone); err != nil {
				return err
			}
		}
		for i, p := range b.done {
			if err := put(w, p, out[i*e.Dim():(i+1)*e.Dim()]); err != nil {
				return err
			}
		}
		return w.Flush()
	})
	result.Changed = changed
	return result, err
}

// batches embeds a list, the last of total photos, and hands each batch with its vectors to
// take, which keeps neither.
func batches(ctx context.Context, e Embedder, list []todo, total int, opts RunOptions,
	take func(b *batch, vectors []float32) error) (result Result, err error) {
	finished := total - len(list)
	if opts.Progress != nil && len(list) > 0 {
		opts.Progress(finished, total)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out := make([]float32, e.Batch()*e.Dim())
	var timed int
	var start time.Time
	for b := range prepare(ctx, e, list, opts) {
		if b.err != nil {
			return result, b.err
		}
		result.Skipped = append(result.Skipped, b.bad...)
		if len(b.done) > 0 {
			if err := e.Embed(b.inputs, len(b.done), out); err != nil {
				return result, err
			}
		}
		b.free <- b.inputs
		if err := take(b, out); err != nil {
			return result, err
		}
		result.New += len(b.done)
		if start.IsZero() {
			start = time.Now()
		} else {
			timed += len(b.done)
			result.ImagesPerSecond = float64(timed) / time.Since(start).Seconds()
		}
		finished += b.photos
		if opts.Progress != nil {
			opts.Progress(finished, total)
		}
	}
	return result, ctx.Err()
}

// put writes a photo's vector to its row.
func put(w *vectors.Writer, p one, vector []float32) error {
	if p.row < 0 {
		return w.AppendPhoto(p.ID, vector, p.stamp)
	}
	return w.ReplacePhoto(p.ID, vector, p.stamp)
}

// inFlight is how many batches there are: one being decoded, one waiting, one on the device.
const inFlight = 3

// prepare prefetches batches: decodes them before they are used.
func prepare(ctx context.Context, e Embedder, photos []todo, opts RunOptions) <-chan *batch {
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
func (b *batch) decode(e Embedder, photos []todo, opts RunOptions) {
	errs, stamps := make([]error, len(photos)), make([]stamp.Stamp, len(photos))
	limits := Limits(e, opts.Limits)
	_ = cores.Each(context.Background(), len(photos), func(i int) error {
		var photo *imageprep.RGB
		if photo, stamps[i], errs[i] = read(photos[i].File, limits); errs[i] == nil {
			e.Prepare(photo, b.inputs[i*e.InputLen():(i+1)*e.InputLen()])
		}
		return nil // a bad photo does not keep the others from being read
	})
	for i, p := range photos {
		if errs[i] != nil {
			line := fmt.Sprintf("photo %s (%s): %v", p.ID, p.Where, errs[i])
			if !opts.SkipBad {
				b.err = tag.Error(fmt.Errorf("photo %s (%s): %w", p.ID, p.Where, errs[i]), catalog.ErrBad)
				return
			}
			b.bad = append(b.bad, line)
			if p.row >= 0 {
				b.gone = append(b.gone, p.ID)
			}
			continue
		}
		// Close the gap that a bad photo left.
		n := len(b.done)
		copy(b.inputs[n*e.InputLen():], b.inputs[i*e.InputLen():(i+1)*e.InputLen()])
		b.done = append(b.done, one{p, stamps[i]})
	}
}

// read decodes a photo and stamps its file by the same bytes.
func read(file string, limits imageprep.Limits) (*imageprep.RGB, stamp.Stamp, error) {
	info, err := os.Stat(file)
	if err != nil {
		photo, err := imageprep.Open(file, limits) // which says what is wrong
		return photo, stamp.Stamp{}, err
	}
	s := stamp.Begin(info)
	photo, err := imageprep.OpenThrough(file, limits, s)
	if err != nil {
		return nil, stamp.Stamp{}, err
	}
	return photo, s.Stamp(), nil
}
