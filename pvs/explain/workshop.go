package explain

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// job is a photo to be treated and embedded again.
type job struct {
	photo string
	treatment
}

func (j job) key() string { return j.photo + "\x00" + j.name }

// workshop embeds treated photos and keeps their vectors, in files too, from which a second start goes on.
type workshop struct {
	catalog  *catalog.Catalog
	byID     map[string]catalog.Photo
	embedder embed.Embedder
	dir      string
	digests  map[string][32]byte // of the files, by the photo's id
	progress func(what string) (update func(done, total int), finish func())
	made     map[string][]float32 // by job.key, of unit length
	embedded int
}

// embed makes the vectors of jobs that have none yet, as a step of a name.
func (w *workshop) embed(ctx context.Context, step string, jobs []job) error {
	var todo []job
	seen := map[string]bool{}
	key := sha256.New()
	for _, j := range jobs {
		if w.made[j.key()] == nil && !seen[j.key()] {
			seen[j.key()] = true
			todo = append(todo, j)
			digest := w.digests[j.photo]
			fmt.Fprintf(key, "%q %x %q\n", j.photo, digest[:8], j.name) // a hash's Write does not fail
		}
	}
	if len(todo) == 0 {
		return nil
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return wholefile.Explain(err)
	}
	name, made := filepath.Join(w.dir, step), fmt.Sprintf("%s of %.16x", w.embedder.Key(), key.Sum(nil))
	ids := make([]string, len(todo))
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	if !vectors.Kept(name, made, ids) {
		if err := w.write(ctx, step, name, made, todo); err != nil {
			return err
		}
	}
	set, err := vectors.ReadUnit(name)
	if err != nil {
		return err
	}
	for i, j := range todo {
		w.made[j.key()] = set.Row(i)
	}
	return nil
}

// write makes the file of a step, or goes on with it.
func (w *workshop) write(ctx context.Context, step, name, key string, todo []job) error {
	file, err := vectors.OpenWriter(name, w.embedder.Dim(), key)
	if err != nil {
		return err
	}
	if err := w.fill(ctx, step, todo, file); err != nil {
		if failed := file.Suspend(); failed != nil {
			return failed
		}
		return err
	}
	return file.Close()
}

// fill appends the vectors that a file of a step lacks; its ids are the jobs' numbers.
func (w *workshop) fill(ctx context.Context, step string, todo []job, file *vectors.Writer) error {
	e := w.embedder
	update, finish := w.progress("embedding " + step + " photos")
	defer finish()
	done := len(file.Done())
	inputs := make([]float32, e.Batch()*e.InputLen())
	out := make([]float32, e.Batch()*e.Dim())
	for done < len(todo) {
		update(done, len(todo))
		batch := todo[done:min(done+e.Batch(), len(todo))]
		err := cores.Each(ctx, len(batch), func(i int) error {
			photo, err := w.open(batch[i].photo)
			if err != nil {
				return err
			}
			e.Prepare(batch[i].apply(photo), inputs[i*e.InputLen():(i+1)*e.InputLen()])
			return nil
		})
		if err != nil {
			return err
		}
		if err := e.Embed(inputs, len(batch), out); err != nil {
			return err
		}
		for i := range batch {
			if err := file.Append(strconv.Itoa(done+i), out[i*e.Dim():(i+1)*e.Dim()]); err != nil {
				return err
			}
		}
		if err := file.Flush(); err != nil {
			return err
		}
		done += len(batch)
		w.embedded += len(batch)
	}
	update(done, len(todo))
	return nil
}

// open reads a photo as it was read to be embedded.
func (w *workshop) open(id string) (*imageprep.RGB, error) {
	photo, err := imageprep.Open(w.catalog.File(w.byID[id]), embed.Limits(w.embedder, imageprep.Limits{}))
	if err != nil {
		return nil, fmt.Errorf("photo %s: %w", id, err)
	}
	return photo, nil
}

// vector is that of a treated photo.
func (w *workshop) vector(photo string, t treatment) []float32 { return w.made[job{photo, t}.key()] }
