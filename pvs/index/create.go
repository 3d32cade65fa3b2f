package index

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Options of [Create].
type Options struct {
	Dim int // of all vectors
	// Origin says what made the vectors; nil: not known.
	Origin *vectors.Origin
	// Progress is called now and then with how many photos are in; may be nil.
	Progress func(done int)
}

// Create makes an index of photos in a folder, which is made if need be and may hold other files. Interrupted, it
// leaves no index, and is called again. The folder must not hold an index.
func Create(ctx context.Context, dir string, opts Options, entries iter.Seq2[Entry, error]) (*Info, error) {
	if opts.Dim < 1 || opts.Dim > maxDim {
		return nil, fmt.Errorf("vectors of dimension %d make no index: 1 to %d values", opts.Dim, maxDim)
	}
	lock, err := onewriter.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := startAfresh(dir); err != nil {
		return nil, err
	}
	w, err := load(ctx, dir, opts, entries)
	if err != nil {
		return nil, fmt.Errorf("making the index %s: %w", dir, explain(err))
	}
	defer w.db.Close()
	if err := w.finish(ctx); err != nil {
		return nil, fmt.Errorf("making the index %s: %w", dir, explain(err))
	}
	return w.info(ctx)
}

// maxDim bounds the dimension, so that what a file claims is bounded.
const maxDim = 1 << 16

// Vacant says whether [Create] may make an index in a folder: one that is not there, or holds no index.
func Vacant(dir string) error {
	path := filepath.Join(dir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	db, err := tryReading(source(path, "mode=ro"))
	switch {
	case err == nil:
		return errors.Join(tag.Error(fmt.Errorf("the folder %s holds an index already: add to it, or name another folder",
			dir), ErrThere), db.Close())
	case errors.Is(err, ErrUnfinished):
		return nil
	}
	return tag.Error(fmt.Errorf("the folder %s holds an index, or another file %s, already: %w", dir, databaseFile,
		explain(err)), ErrThere)
}

// startAfresh removes what an interrupted Create left; an index is an error.
func startAfresh(dir string) error {
	if err := Vacant(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, databaseFile)
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return removeCodes(dir)
}

// batch is how many photos are handed to the database at a time.
const batch = 1000

// load fills a new database. It does not wait for the disk, which finish does.
func load(ctx context.Context, dir string, opts Options, entries iter.Seq2[Entry, error]) (w *Writer, err error) {
	db, err := openSQLite(source(filepath.Join(dir, databaseFile), "_journal_mode=OFF", "_synchronous=OFF"))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size = %d; %s", pageSize, schema)); err != nil {
		return nil, err
	}
	origin, err := vectors.MarshalOrigin(opts.Origin)
	if err != nil {
		return nil, err
	}
	var name [16]byte
	if _, err := rand.Read(name[:]); err != nil {
		return nil, err
	}
	for name, value := range map[string]any{"index": hex.EncodeToString(name[:]), "dim": opts.Dim,
		"origin": string(origin), "made": time.Now().UTC().Format(time.RFC3339), "changes": 1} {
		if err := setMeta(ctx, db, name, value); err != nil {
			return nil, err
		}
	}
	w = &Writer{dir: dir, db: db, dim: opts.Dim, origin: opts.Origin, name: hex.EncodeToString(name[:])}
	tx, err := w.begin(ctx)
	if err != nil {
		return nil, err
	}
	n := 0
	for e, err := range entries {
		if err == nil {
			err = e.check(opts.Dim)
		}
		if err == nil {
			err = tx.insert(ctx, &e)
		}
		if troubleOf(err) == notUnique {
			err = tag.Error(fmt.Errorf("photo %s is listed twice", e.ID), ErrPhoto)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, tx.undo(ctx, err)
		}
		if n++; n%batch == 0 && opts.Progress != nil {
			opts.Progress(n)
		}
	}
	if n == 0 {
		return nil, tx.undo(ctx, errors.New("there are no photos to make it of"))
	}
	if opts.Progress != nil {
		opts.Progress(n)
	}
	if err := tx.Commit(); err != nil {
		return nil, tx.undo(ctx, err)
	}
	return w, nil
}

// finish makes the codes, sees to it that all is on the disk, and only then makes it an index.
func (w *Writer) finish(ctx context.Context) error {
	if err := w.makeCodes(ctx, true); err != nil {
		return err
	}
	if err := syncFile(filepath.Join(w.dir, databaseFile)); err != nil {
		return err
	}
	for _, statement := range []string{"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
		fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", formatVersion)} {
		if _, err := w.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err := syncFile(w.dir); err != nil {
		return err
	}
	return errors.Join(w.calibrate(ctx), w.trim(ctx))
}

// syncFile waits until a file, or the names in a folder, are on the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
