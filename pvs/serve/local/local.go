package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
)

// Options of [Open]; zero values are defaults.
type Options struct {
	Name string        // for people; "": the folder's
	Idle time.Duration // how long the lock is held after a change; 0: 2 s
	// Patience is how long a change waits for another writer; 0: 3 s.
	Patience time.Duration
	Log      func(line string) // gets what went wrong with changes; nil: nobody does
}

// Index is an index folder that is served.
type Index struct {
	ix   *index.Index
	dir  string
	opts Options

	writing sync.Mutex
	writer  *index.Writer // nil: the folder is not locked
	users   int           // changes that are being made
	idle    *time.Timer

	summing sync.Mutex
	sums    sums

	sketching sync.Mutex
	sketch    sketch
}

// sketch is of the products of a state.
type sketch struct {
	made  time.Time
	took  time.Duration
	state uint64
	serve.Sketch
}

// sums are figures and lists that take a while to make in a large index.
type sums struct {
	made       time.Time
	state      uint64 // that they are of
	info       serve.Info
	categories []serve.Category
}

// Open opens an index folder.
func Open(dir string, opts Options) (*Index, error) {
	ix, err := index.Open(dir)
	if err != nil {
		return nil, err
	}
	if opts.Name == "" {
		if abs, err := filepath.Abs(dir); err == nil {
			opts.Name = filepath.Base(abs)
		}
	}
	if opts.Idle == 0 {
		opts.Idle = 2 * time.Second
	}
	if opts.Patience == 0 {
		opts.Patience = patience
	}
	if opts.Log == nil {
		opts.Log = func(string) {}
	}
	return &Index{ix: ix, dir: dir, opts: opts}, nil
}

// Index returns the index that is served, to ask what made its vectors.
func (x *Index) Index() *index.Index { return x.ix }

// Snapshot returns the newest state that is on the disk.
func (x *Index) Snapshot() (serve.Snapshot, error) {
	ctx := context.Background() // a snapshot is for all who ask next
	if _, err := x.ix.Refresh(ctx); err != nil {
		return nil, err
	}
	s := x.ix.Snapshot()
	known, err := x.sum(ctx, s)
	if err != nil {
		s.Release()
		return nil, err
	}
	known.info.State, known.info.Photos = s.State(), s.Photos()
	return &snapshot{s, x, known}, nil
}

// oldest is how old sums may be, beside a state and a number of photos that are the snapshot's own.
const oldest = 2 * time.Second

func (x *Index) sum(ctx context.Context, s *index.Snapshot) (sums, error) {
	x.summing.Lock()
	defer x.summing.Unlock()
	if !x.sums.made.IsZero() && (x.sums.state == s.State() || time.Since(x.sums.made) < oldest) {
		return x.sums, nil
	}
	i, err := s.Info(ctx)
	if err != nil {
		return sums{}, err
	}
	list, err := s.Categories(ctx)
	if err != nil {
		return sums{}, err
	}
	info := serve.Info{ID: x.ix.Name(), Name: x.opts.Name, Products: i.Products, Dim: i.Dim, Network: i.Network,
		Cutoff: float64(i.CutOff.Score), RecallAt10: i.Recall,
		Missed: i.CutOff.Missed, Mistaken: i.CutOff.Mistaken}
	if i.Products == 0 {
		info.Products = i.Photos // each stands for itself
	}
	x.sums = sums{time.Now(), s.State(), info, CategoriesOf(list)}
	return x.sums, nil
}

// CategoriesOf is the list of an index's categories as a server shows it.
func CategoriesOf(list []index.Counted) []serve.Category {
	own := make(map[string]int, len(list))
	for _, c := range list {
		own[c.Category] = c.Photos
	}
	return serve.CategoryTree(own)
}

// Put adds or replaces a photo in a transaction of its own.
func (x *Index) Put(ctx context.Context, p serve.Photo, vector []float32) (created bool, err error) {
	done, err := x.apply(ctx, index.Change{Put: []index.Entry{{Photo: kept(p), Vector: vector}}})
	if err != nil {
		return false, err
	}
	return done.Added == 1, nil
}

// Remove takes photos out, all or none.
func (x *Index) Remove(ctx context.Context, ids ...string) error {
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := s.Photo(ctx, id); err != nil {
			s.Close()
			return err
		}
	}
	s.Close()
	done, err := x.apply(ctx, index.Change{Remove: ids})
	if err != nil {
		return err
	}
	if len(done.Missing) > 0 { // another removed it meanwhile
		return noPhoto(done.Missing[0])
	}
	return nil
}

// apply changes the folder. A change that has begun is carried through, whether its client waits or not. Changes that
// come together share a transaction.
func (x *Index) apply(ctx context.Context, c index.Change) (*index.Changed, error) {
	w, err := x.begin(ctx)
	if err != nil {
		return nil, x.refused(err)
	}
	defer x.end()
	done, err := w.Apply(context.WithoutCancel(ctx), c)
	if err != nil {
		return nil, x.refused(err)
	}
	return done, nil
}

// begin takes the writer, which end gives back.
func (x *Index) begin(ctx context.Context) (*index.Writer, error) {
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if x.writer == nil {
		w, err := x.lock(ctx)
		if err != nil {
			return nil, err
		}
		x.writer = w
		x.idle = time.AfterFunc(x.opts.Idle, x.unlock)
	}
	x.users++
	return x.writer, nil
}

func (x *Index) end() {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.users--
	x.idle.Reset(x.opts.Idle)
}

// patience is how long a change waits for another writer, such as an index that this one replaced.
const patience = 3 * time.Second

// lock opens the folder for writing.
func (x *Index) lock(ctx context.Context) (*index.Writer, error) {
	for begun := time.Now(); ; {
		w, err := index.OpenWriter(x.dir)
		if !errors.Is(err, onewriter.ErrBusy) || time.Since(begun) > x.opts.Patience {
			return w, err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// unlock lets others write.
func (x *Index) unlock() {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.writer == nil || x.users > 0 { // the last of them sets the timer again
		return
	}
	x.idle.Stop()
	if err := x.writer.Close(); err != nil {
		x.opts.Log(fmt.Sprintf("closing the index %s after a change: %v", x.dir, err))
	}
	x.writer = nil
}

// Close ends all.
func (x *Index) Close() error {
	x.unlock()
	return x.ix.Close()
}

// refused is an error of a change as the server answers it: without the folder's name, which is logged.
func (x *Index) refused(err error) error {
	for _, c := range []struct{ is, as error }{
		{onewriter.ErrBusy, serve.ErrBusy},
		{index.ErrFull, serve.ErrFull},
		{syscall.ENOSPC, serve.ErrFull},
		{index.ErrReadOnly, serve.ErrReadOnly},
		{fs.ErrPermission, serve.ErrReadOnly},
		{syscall.EROFS, serve.ErrReadOnly},
	} {
		if errors.Is(err, c.is) {
			x.opts.Log("a change was refused: " + err.Error())
			return c.as
		}
	}
	if errors.Is(err, index.ErrPhoto) {
		return serve.Unacceptable(err)
	}
	return err
}

func noPhoto(id string) error {
	return tag.Error(fmt.Errorf("there is no photo %q", id), serve.ErrNoPhoto)
}
