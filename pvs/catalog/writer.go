package catalog

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Writer writes a photos.csv that appears whole or not at all.
type Writer struct {
	file *os.File
	buf  *bufio.Writer
	csv  *csv.Writer
	path string
	seen map[string]int
	line int
	lock *onewriter.Held
}

// Create starts a catalogue's photos.csv in a folder, which is made if need be. One
// that another process writes is refused, until its Close or Abort.
func Create(dir string) (*Writer, error) {
	path := filepath.Join(dir, PhotosFile)
	lock, err := onewriter.Lock(path)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "."+PhotosFile+".part-*")
	if err != nil {
		lock.Release()
		return nil, fmt.Errorf("starting %s: %w", PhotosFile, err)
	}
	w := &Writer{file: f, buf: bufio.NewWriterSize(f, 1<<16), path: path, seen: map[string]int{}, line: 1, lock: lock}
	w.csv = csv.NewWriter(w.buf)
	if err := w.csv.Write(photoColumns); err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// ErrPhoto is what [Writer.Write] returns for a photo that [Open] would refuse.
var ErrPhoto = errors.New("the photo cannot be in a catalogue")

// Write adds a photo; one that [Open] would refuse is an error that is [ErrPhoto], after
// which others can be written.
func (w *Writer) Write(p Photo) error {
	w.line++
	if err := p.check(w.seen); err != nil {
		return refused{p.ID, err}
	}
	w.seen[p.ID] = w.line
	if err := w.csv.Write([]string{p.ID, filepath.ToSlash(p.Path), string(p.Split), p.Product,
		string(p.Category), p.Title}); err != nil {
		return fmt.Errorf("writing %s: %w", w.path, wholefile.Explain(err))
	}
	return nil
}

// refused is an ErrPhoto.
type refused struct {
	id  string
	err error
}

func (r refused) Error() string        { return fmt.Sprintf("photo %s: %v", r.id, r.err) }
func (r refused) Unwrap() error        { return r.err }
func (r refused) Is(target error) bool { return target == ErrPhoto }

// Close gives the file its name.
func (w *Writer) Close() error {
	w.csv.Flush()
	err := w.csv.Error()
	for _, step := range []func() error{w.buf.Flush, w.file.Sync,
		func() error { return w.file.Chmod(0o644) }, w.file.Close} {
		if err == nil {
			err = step()
		}
	}
	if err == nil {
		err = os.Rename(w.file.Name(), w.path)
	}
	if err != nil {
		w.Abort()
		return fmt.Errorf("writing %s: %w", w.path, wholefile.Explain(err))
	}
	w.lock.Release()
	return nil
}

// Abort leaves nothing behind.
func (w *Writer) Abort() {
	defer w.lock.Release()
	w.file.Close() // may be closed already
	os.Remove(w.file.Name())
}
