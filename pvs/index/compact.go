package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// settleAt is how many photos may be without codes before they get some: they are compared one by one, and are in the
// memory of each process that searches.
var settleAt = 1 << 14 // tests make it smaller

// Compact makes all codes again, lets go of photos that were removed, and calibrates the search. Changes and searches
// go on meanwhile. Killed, it leaves the index as it was.
func (w *Writer) Compact(ctx context.Context) error {
	w.compacting.Lock()
	defer w.compacting.Unlock()
	if err := w.compact(ctx); err != nil {
		return fmt.Errorf("compacting the index %s: %w", w.dir, explain(err))
	}
	return nil
}

// compact does all that [Writer.Compact] says; compacting is held.
func (w *Writer) compact(ctx context.Context) error {
	if err := w.makeCodes(ctx, true); err != nil {
		return err
	}
	if err := w.calibrate(ctx); err != nil {
		return err
	}
	return w.trim(ctx)
}

// settle makes codes of the photos that have none, once there are many. Segments that are not much larger are made
// again with them, so that sizes double from segment to segment and a photo is written some times only.
func (w *Writer) settle(ctx context.Context) {
	w.writing.Lock()
	tail := w.tail
	w.writing.Unlock()
	if tail < settleAt || !w.compacting.TryLock() {
		return
	}
	defer w.compacting.Unlock()
	err := w.makeCodes(ctx, false)
	if err == nil && (w.now.Calibrated == 0 || w.rows() >= 2*w.now.Calibrated) {
		err = w.calibrate(ctx)
	}
	if w.unsettled = err; err != nil {
		w.unsettled = fmt.Errorf("making codes of the index %s, whose changes are kept: %w", w.dir, explain(err))
	}
}

// rows is how many photos the codes hold, removed ones included.
func (w *Writer) rows() (n int) {
	for _, s := range w.now.Segments {
		n += s.Rows
	}
	return n
}

// reader opens the database for a reading that changes and searches need not wait for.
func (w *Writer) reader(ctx context.Context) (q *sql.Conn, done func(), err error) {
	db, err := openSQLite(source(filepath.Join(w.dir, databaseFile), "mode=ro", waiting))
	if err != nil {
		return nil, nil, err
	}
	if q, err = db.Conn(ctx); err == nil {
		_, err = q.ExecContext(ctx, "BEGIN")
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return q, func() { _ = q.Close(); _ = db.Close() }, nil // it only read
}

// makeCodes makes a segment of the photos without codes and, of the segments that there are, of the smaller ones or of
// all, and then makes it current.
func (w *Writer) makeCodes(ctx context.Context, all bool) error {
	q, done, err := w.reader(ctx)
	if err != nil {
		return err
	}
	defer done()
	var last int64
	var tail int
	keep := w.now.Segments
	if all {
		keep = nil
	}
	if err := q.QueryRowContext(ctx, "SELECT coalesce(max(key), 0) FROM photos").Scan(&last); err != nil {
		return err
	}
	err = q.QueryRowContext(ctx, "SELECT count(*) FROM photos WHERE key > ?", w.now.covered()).Scan(&tail)
	if err != nil {
		return err
	}
	for rows := tail; len(keep) > 0 && keep[len(keep)-1].Rows <= 2*rows; keep = keep[:len(keep)-1] {
		rows += keep[len(keep)-1].Rows
	}
	next := pointer{Index: w.name, Generation: w.now.Generation + 1, Segments: keep[:len(keep):len(keep)],
		Calibration: w.now.Calibration, Calibrated: w.now.Calibrated}
	text, err := metaText(ctx, q, "changes")
	if err != nil {
		return err
	}
	if next.Changes, err = strconv.ParseUint(text, 10, 64); err != nil {
		return tag.Error(err, ErrDatabase)
	}
	var removal int64
	if err := q.QueryRowContext(ctx, "SELECT coalesce(max(change), 0) FROM removed").Scan(&removal); err != nil {
		return err
	}
	from := next.covered()
	made, err := writeSegment(ctx, q, w.dir, fmt.Sprintf("%06d", next.Generation), w.dim, from, last)
	if err != nil {
		return err
	}
	if made != nil {
		next.Segments = append(next.Segments, *made)
	}
	done() // the transaction, so that the log can be written back
	return w.publish(ctx, next, from, removal)
}

// publish makes a pointer current, and then lets go of what nobody needs who reads it: removals of photos with larger
// keys than from, up to a change, and older segments.
func (w *Writer) publish(ctx context.Context, next pointer, from, removal int64) error {
	if err := next.write(w.dir); err != nil {
		return err
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	tx, err := w.begin(ctx)
	if err != nil {
		return err
	}
	_, err = tx.run(ctx, "DELETE FROM removed WHERE key > ? AND change <= ?", from, removal)
	if err == nil {
		err = setMeta(ctx, tx, "generation", next.Generation)
	}
	var tail int64
	if err == nil {
		tail, err = tx.number(ctx, "SELECT count(*) FROM photos WHERE key > ?", next.covered())
	}
	if err != nil {
		return tx.undo(ctx, err)
	}
	if err := tx.Commit(); err != nil {
		return tx.undo(ctx, err)
	}
	w.now, w.tail = next, int(tail)
	return w.sweep()
}

// sweep removes segments that the pointer does not name. What cannot be removed now, as files that a search has open on
// some systems, is removed by a later one.
func (w *Writer) sweep() error {
	named := map[string]bool{pointerFile: true}
	for _, s := range w.now.Segments {
		named[s.Name] = true
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, codesFolder))
	for _, e := range entries {
		if !named[e.Name()] {
			_ = os.RemoveAll(filepath.Join(w.dir, codesFolder, e.Name()))
		}
	}
	return err
}

// trim writes the log back into the database and gives its room back to the disk, as far as searches do not read it. It
// does not wait for them, since changes wait for it.
func (w *Writer) trim(ctx context.Context) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	for _, statement := range []string{"PRAGMA busy_timeout = 0", "PRAGMA wal_checkpoint(TRUNCATE)",
		fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout)} {
		if _, err := w.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// recover reads the pointer and sees to it that the codes are of this database: if they are not, they are made again.
func (w *Writer) recover(ctx context.Context) error {
	state, err := metaText(ctx, w.db, "changes")
	if err != nil {
		return err
	}
	changes, err := strconv.ParseUint(state, 10, 64)
	if err != nil {
		return tag.Error(err, ErrDatabase)
	}
	generation, err := w.generation(ctx)
	if err != nil {
		return err
	}
	now, err := readPointer(w.dir, w.name)
	if errors.Is(err, ErrNewer) {
		return err
	}
	if err != nil || now.Changes > changes || now.Generation < generation || !w.whole(now) {
		// Names of segments must be new ones: readers may have files of the old names open.
		w.now = pointer{Generation: max(generation, w.lastName())}
		return w.makeCodes(ctx, true)
	}
	w.now = *now
	err = w.db.QueryRowContext(ctx, "SELECT count(*) FROM photos WHERE key > ?", now.covered()).Scan(&w.tail)
	return errors.Join(err, w.sweep())
}

// whole says whether the segments of a pointer can be opened.
func (w *Writer) whole(p *pointer) bool {
	for _, of := range p.Segments {
		s, err := openSegment(w.dir, of, w.dim)
		if err != nil {
			return false
		}
		s.release()
	}
	return true
}

// generation is the one that the database says readers need at least.
func (w *Writer) generation(ctx context.Context) (int64, error) {
	text, err := metaText(ctx, w.db, "generation")
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// lastName is the largest generation that a segment's folder is named after.
func (w *Writer) lastName() (last int64) {
	entries, _ := os.ReadDir(filepath.Join(w.dir, codesFolder)) // none where it is not there
	for _, e := range entries {
		if n, err := strconv.ParseInt(e.Name(), 10, 64); err == nil {
			last = max(last, n)
		}
	}
	return last
}

func removeCodes(dir string) error { return os.RemoveAll(filepath.Join(dir, codesFolder)) }
