package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Files are the folders that photos are read from: the catalogue's, whose paths are relative, and others for
// absolute paths. No path leads out of them, by .. or by a link. It may be used from several goroutines at once.
type Files struct {
	catalog *root // nil: there is none
	others  []*root
	uploads string // where photos are kept that are put; "": nowhere
}

// root is a folder by its clean absolute path.
type root struct {
	path string
	*os.Root
}

// OpenFiles opens the catalogue's folder ("": none), the folder for photos that are put ("": none is; it is made if
// it is not there) and further folders that absolute paths may lie in.
func OpenFiles(catalog, uploads string, others ...string) (*Files, error) {
	f := &Files{}
	open := func(dir string) (*root, error) {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		r, err := os.OpenRoot(abs)
		if err != nil {
			return nil, fmt.Errorf("the folder of photos %s: %w", dir, err)
		}
		return &root{abs, r}, nil
	}
	fail := func(err error) (*Files, error) { return nil, errors.Join(err, f.Close()) }
	var err error
	if catalog != "" {
		if f.catalog, err = open(catalog); err != nil {
			return fail(err)
		}
		others = append([]string{catalog}, others...) // for absolute paths into it
	}
	if uploads != "" {
		if err := os.MkdirAll(uploads, 0o755); err != nil {
			return fail(err)
		}
		if f.uploads, err = filepath.Abs(uploads); err != nil {
			return fail(err)
		}
		others = append(others, uploads)
	}
	for _, dir := range others {
		r, err := open(dir)
		if err != nil {
			return fail(err)
		}
		f.others = append(f.others, r)
	}
	return f, nil
}

// Close closes the folders.
func (f *Files) Close() error {
	var errs []error
	if f.catalog != nil {
		errs = append(errs, f.catalog.Close())
	}
	for _, r := range f.others {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// Reads says whether a path lies in one of the folders, by its name.
func (f *Files) Reads(path string) bool {
	_, _, ok := f.place(path)
	return ok
}

// place finds the folder of a path and the path within it.
func (f *Files) place(path string) (*root, string, bool) {
	if f == nil {
		return nil, "", false
	}
	if !filepath.IsAbs(path) {
		return f.catalog, filepath.FromSlash(path), f.catalog != nil && filepath.IsLocal(filepath.FromSlash(path))
	}
	for _, r := range f.others {
		if rel, err := filepath.Rel(r.path, path); err == nil && filepath.IsLocal(rel) {
			return r, rel, true
		}
	}
	return nil, "", false
}

// open opens a photo's file. The error says nothing of where it lies.
func (f *Files) open(path string) (*os.File, fs.FileInfo, error) {
	r, rel, ok := f.place(path)
	if !ok {
		return nil, nil, errNoFile
	}
	// What is no plain file is not opened: a pipe would wait for its other end.
	info, err := r.Stat(rel)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil, errNoFile
	}
	file, err := r.Open(rel)
	if err != nil {
		return nil, nil, errNoFile
	}
	return file, info, nil
}

// read reads a photo's file, at most max bytes.
func (f *Files) read(path string, max int64) ([]byte, error) {
	file, info, err := f.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info.Size() > max {
		return nil, fmt.Errorf("the photo's file has over %d MiB", max>>20)
	}
	return io.ReadAll(io.LimitReader(file, max))
}

// store keeps the file of a photo that is put, and returns its path. Its name is made of digests: neither an id nor
// a name that a client sent becomes a part of a path.
func (f *Files) store(id string, data []byte) (string, error) {
	if f == nil || f.uploads == "" {
		return "", ErrReadOnly
	}
	name := digest(id) + "-" + digest(string(data))
	path := filepath.Join(f.uploads, name[:2], name)
	err := wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "", ErrFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "", ErrReadOnly
	}
	return path, err
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// drop removes a file that store made, and no other. One that stays does no harm.
func (f *Files) drop(path string) {
	if f != nil && f.uploads != "" && strings.HasPrefix(path, f.uploads+string(filepath.Separator)) {
		_ = os.Remove(path)
	}
}
