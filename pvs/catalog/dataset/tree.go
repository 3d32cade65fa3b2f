package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// tree is a source folder. Each of its folders is listed once, so that names that are not
// there cost nothing.
type tree struct {
	root   string
	real   string // root without links
	follow bool   // links that lead out
	dirs   map[string]*listing
	names  int // in all listings
}

// listing is the files of one folder; or what is wrong with the folder.
type listing struct {
	files map[string]struct{} // plain files
	other map[string]fs.FileMode
	err   error
}

// maxNames bounds what is kept of listings: about 500 MB.
const maxNames = 5_000_000

func openTree(root string, follow bool) (*tree, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", root, err)
	}
	return &tree{root: root, real: real, follow: follow, dirs: map[string]*listing{}}, nil
}

var (
	errMissing = errors.New("there is no such file")
	errLeaves  = errors.New("its path leads out of the folder")
	errEmpty   = errors.New("the file is empty")
)

// check says why a path, relative to the root and with slashes, is no file to import.
func (t *tree) check(rel string) error {
	_, err := t.find(rel)
	return err
}

// find returns a path, relative to the root and with slashes, as it is on the disk: itself,
// or the one whose names are in another Unicode form where only that is there. The error
// says why it is no file to import.
func (t *tree) find(rel string) (string, error) {
	err := t.exact(rel)
	if err == nil || !errors.Is(err, errMissing) {
		return rel, err
	}
	at := ""
	for _, part := range strings.Split(path.Clean(rel), "/") {
		list := t.list(at)
		forms := catalog.Spellings(part)
		k := slices.IndexFunc(forms, list.has)
		if k < 0 {
			return rel, err
		}
		at = path.Join(at, forms[k])
	}
	return at, t.exact(at)
}

// exact is check for the very path.
func (t *tree) exact(rel string) error {
	if strings.Contains(rel, "://") {
		return fmt.Errorf("%s is an address, not a file; download the photos first", rel)
	}
	if !filepath.IsLocal(filepath.FromSlash(rel)) {
		return fmt.Errorf("%w: %s", errLeaves, rel)
	}
	dir, name := path.Split(path.Clean(rel))
	list := t.list(strings.TrimSuffix(dir, "/"))
	if list.err != nil {
		return list.err
	}
	if _, ok := list.files[name]; ok {
		return t.checkSize(rel)
	}
	switch mode, ok := list.other[name]; {
	case !ok:
		return fmt.Errorf("%w: %s", errMissing, rel)
	case mode&fs.ModeSymlink != 0:
		return t.checkLink(rel)
	case mode.IsDir():
		return fmt.Errorf("%s is a folder, not a file", rel)
	}
	return fmt.Errorf("%s is no plain file", rel)
}

// has says whether a name is in a folder, as what ever.
func (l *listing) has(name string) bool {
	_, file := l.files[name]
	_, other := l.other[name]
	return file || other
}

// list returns a folder's listing.
func (t *tree) list(dir string) *listing {
	if l, ok := t.dirs[dir]; ok {
		return l
	}
	if t.names > maxNames {
		t.dirs, t.names = map[string]*listing{}, 0
	}
	l := t.read(dir)
	t.names += len(l.files) + len(l.other) + 1
	t.dirs[dir] = l
	return l
}

func (t *tree) read(dir string) *listing {
	if err := t.inside(dir); err != nil {
		return &listing{err: err}
	}
	f, err := os.Open(filepath.Join(t.root, dir))
	if err != nil {
		return &listing{err: err}
	}
	defer f.Close()
	l := &listing{files: map[string]struct{}{}, other: map[string]fs.FileMode{}}
	for {
		entries, err := f.ReadDir(4096)
		for _, e := range entries {
			if e.Type().IsRegular() {
				l.files[e.Name()] = struct{}{}
			} else {
				l.other[e.Name()] = e.Type()
			}
		}
		if errors.Is(err, io.EOF) {
			return l
		}
		if err != nil {
			return &listing{err: fmt.Errorf("listing %s: %w", f.Name(), err)}
		}
	}
}

// inside makes sure that no link leads from a path to outside of the root.
func (t *tree) inside(rel string) error {
	real, err := filepath.EvalSymlinks(filepath.Join(t.root, rel))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", errMissing, rel)
	}
	if err != nil {
		return err
	}
	back, err := filepath.Rel(t.real, real)
	if !t.follow && (err != nil || !filepath.IsLocal(back)) {
		return tag.Error(fmt.Errorf("%s is a link that leads out of the folder, to %s", rel, real), ErrLink)
	}
	return nil
}

// checkSize refuses a file without content, as a copy that was cut short leaves it.
func (t *tree) checkSize(rel string) error {
	info, err := os.Stat(filepath.Join(t.root, rel))
	if err == nil && info.Size() == 0 {
		return fmt.Errorf("%w: %s", errEmpty, rel)
	}
	return err
}

// checkLink looks at where a link leads.
func (t *tree) checkLink(rel string) error {
	if err := t.inside(rel); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(t.root, rel))
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is a link to something that is no plain file", rel)
	}
	if info.Size() == 0 {
		return fmt.Errorf("%w: %s", errEmpty, rel)
	}
	return nil
}
