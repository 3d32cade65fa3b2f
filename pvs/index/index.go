package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Index is an index opened for searching. Any number of processes may open it, beside one that writes it. Its methods
// may be called by several goroutines.
type Index struct {
	dir    string
	db     *sql.DB
	dim    int
	origin *vectors.Origin
	name   string // its own, which its codes bear, too

	refreshing sync.Mutex
	watch      *sql.Conn // on which data_version tells of other connections' changes
	version    int64     // as watch said before current was made

	holding sync.Mutex
	current *Snapshot
}

// Open opens the index in a folder.
func Open(dir string) (*Index, error) {
	db, err := openForReading(dir)
	if err != nil {
		return nil, err
	}
	ix := &Index{dir: dir, db: db}
	if err := ix.open(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the index %s: %w", dir, explain(err)), ix.Close())
	}
	return ix, nil
}

func (ix *Index) open(ctx context.Context) (err error) {
	if ix.dim, ix.origin, err = readKind(ctx, ix.db); err != nil {
		return err
	}
	if ix.name, err = metaText(ctx, ix.db, "index"); err != nil {
		return err
	}
	if ix.watch, err = ix.db.Conn(ctx); err != nil {
		return err
	}
	_, err = ix.refresh(ctx)
	return err
}

// Dir returns the index's folder.
func (ix *Index) Dir() string { return ix.dir }

// Name returns the name that tells the index from others, wherever it lies: random, given when it was made.
func (ix *Index) Name() string { return ix.name }

// Dim returns the dimension of the index's vectors.
func (ix *Index) Dim() int { return ix.dim }

// Origin says what made the index's vectors; nil: not known.
func (ix *Index) Origin() *vectors.Origin { return ix.origin }

// Refresh goes on to the newest state of the index, if a writer has published one since, and says whether there was
// one. Without changes it costs some microseconds. Searches that run meanwhile end on the state that they began on.
func (ix *Index) Refresh(ctx context.Context) (changed bool, err error) {
	ix.refreshing.Lock()
	defer ix.refreshing.Unlock()
	if changed, err = ix.refresh(ctx); err != nil {
		return false, fmt.Errorf("refreshing the index %s: %w", ix.dir, explain(err))
	}
	return changed, nil
}

func (ix *Index) refresh(ctx context.Context) (bool, error) {
	var version int64
	if err := ix.watch.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return false, err
	}
	if ix.current != nil && version == ix.version {
		return false, nil
	}
	next, err := ix.newSnapshot(ctx, ix.current)
	if err != nil {
		return false, err
	}
	ix.holding.Lock()
	last := ix.current
	ix.current, ix.version = next, version
	ix.holding.Unlock()
	if last != nil {
		last.Release()
	}
	return true, nil
}

// Snapshot returns the state of the index as the last Refresh, or Open, found it. It must be released.
func (ix *Index) Snapshot() *Snapshot {
	ix.holding.Lock()
	defer ix.holding.Unlock()
	ix.current.users.Add(1)
	return ix.current
}

// Search searches the state of the last Refresh.
func (ix *Index) Search(ctx context.Context, q Query) (*Answer, error) {
	s := ix.Snapshot()
	defer s.Release()
	return s.Search(ctx, q)
}

// Close closes the index. Snapshots must have been released before.
func (ix *Index) Close() error {
	if ix.current != nil {
		ix.current.Release()
		ix.current = nil
	}
	var err error
	if ix.watch != nil {
		err = ix.watch.Close()
	}
	return errors.Join(err, ix.db.Close())
}
