package retrieval

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// K is how many results of a query count.
const K = 10

// Entry is a scored method of embedding photos.
type Entry struct {
	Name           string // for people
	Index, Queries *vectors.Set
	Results        Results
	Report         *evaluate.Report
	Ranked         string // the file of the results
}

// Options of a scoring; the zero value is the default.
type Options struct {
	// Backend starts a backend for a search that is large enough for one; nil: searches run in pure Go.
	Backend func() (compute.Backend, error)
	// Progress starts to report the progress of a step, named what; may be nil.
	Progress func(what string) (update func(done, total int), finish func())
	// After is done with the results.
	After After
	// Log gets a line where photos have changed since they were embedded; may be nil.
	Log func(string)
}

// Score embeds a catalogue's index and query photos into the folder dir, searches and
// scores. Vectors of the same embedder and photos that are there already are used again,
// but for photos whose files were replaced. The folder has one writer at a time.
func Score(ctx context.Context, c *catalog.Catalog, e embed.Embedder, name, dir string, opts Options) (*Entry, error) {
	entry := &Entry{Name: name, Ranked: filepath.Join(dir, "ranked.csv")}
	held, err := onewriter.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer held.Release()
	if entry.Index, err = embedSplit(ctx, c, catalog.Index, e, dir, opts); err != nil {
		return nil, err
	}
	if entry.Queries, err = embedSplit(ctx, c, catalog.Query, e, dir, opts); err != nil {
		return nil, err
	}
	if err := entry.search(ctx, c, opts); err != nil {
		return nil, err
	}
	ranking := RankingOf(entry.Index, filepath.Join(dir, string(catalog.Index)),
		entry.Queries, filepath.Join(dir, string(catalog.Query)))
	return entry, WriteRanked(entry.Ranked, entry.Results, ranking)
}

// ScoreVectors searches and scores vectors of a catalogue's index and query photos that are there. It writes no file.
func ScoreVectors(ctx context.Context, c *catalog.Catalog, index, queries *vectors.Set, name string,
	opts Options) (*Entry, error) {
	entry := &Entry{Name: name, Index: index, Queries: queries}
	return entry, entry.search(ctx, c, opts)
}

// search finds each query's neighbours, and scores them.
func (e *Entry) search(ctx context.Context, c *catalog.Catalog, opts Options) error {
	exact, err := NewIndex(e.Index, e.Queries.Len(), opts.Backend)
	if err != nil {
		return err
	}
	exact.After = opts.After
	if e.Results, err = Search(ctx, exact, e.Queries, K); err != nil {
		return err
	}
	truth, err := c.Truth()
	if err != nil {
		return err
	}
	e.Report, err = evaluate.Score(e.Results.Ranked(), truth, evaluate.Options{K: K})
	return err
}

// embedSplit embeds a split, or reads the vectors that an earlier start with the same
// network and photos left.
func embedSplit(ctx context.Context, c *catalog.Catalog, split catalog.Split, e embed.Embedder, dir string,
	opts Options) (*vectors.Set, error) {
	photos := embed.PhotosOf(c, split)
	if len(photos) == 0 {
		return nil, fmt.Errorf("the catalogue %s has no photos in the split %s", c.Dir, split)
	}
	name := filepath.Join(dir, string(split))
	run := embed.RunOptions{Catalog: c.Dir, Split: split, Log: opts.Log}
	finish := func() {}
	if opts.Progress != nil {
		var update func(done, total int)
		run.Progress = func(done, total int) {
			if update == nil { // only where there is something to do
				update, finish = opts.Progress("embedding " + string(split))
			}
			update(done, total)
		}
	}
	_, err := embed.Run(ctx, e, photos, name, run)
	finish()
	if err != nil {
		return nil, err
	}
	return vectors.ReadUnit(name)
}
