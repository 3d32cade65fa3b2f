package download

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// The names in the folder.
const (
	filesFolder = "photos"          // photos/ab/abcd....jpg, by the SHA-256 of the content
	journalFile = "downloads.jsonl" // what came from where
)

// File is one that has come.
type File struct {
	Path   string // relative to the folder, with slashes
	Size   int64  // bytes
	SHA256 string // of the content, in hex
	New    bool   // it came in this call, and is another than what was had of the address
}

// Store is a folder of downloaded files, which are named by their content: one that has changed lies beside the one
// that it was, until Remove.
type Store struct {
	dir     string
	opts    Options
	client  *client
	lock    *onewriter.Held
	mu      sync.Mutex // of journal
	journal *journal
	round   int
}

// Open opens the downloads in a folder, for one process at a time. A run that did not come to its Finish goes on; else
// a new one begins.
func Open(dir string, opts Options) (*Store, error) {
	lock, err := onewriter.Lock(filepath.Join(dir, journalFile))
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	s := &Store{dir: dir, opts: opts, client: newClient(opts), lock: lock}
	if s.journal, err = openJournal(filepath.Join(dir, journalFile)); err != nil {
		lock.Release()
		return nil, err
	}
	s.round = s.journal.round(opts.Stale)
	return s, nil
}

// Close releases the folder.
func (s *Store) Close() error {
	defer s.lock.Release()
	s.client.http.CloseIdleConnections()
	return s.journal.close()
}

// Known returns the file that an address had when it last came, if it is there.
func (s *Store) Known(address string) (File, bool) {
	f, _, there := s.known(address)
	return f, there
}

func (s *Store) known(address string) (f File, r record, there bool) {
	s.mu.Lock()
	r, ok := s.journal.of[address]
	s.mu.Unlock()
	if !ok {
		return File{}, r, false
	}
	info, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(r.File)))
	return File{Path: r.File, Size: r.Size, SHA256: r.SHA256}, r, err == nil && info.Size() == r.Size
}

// keep writes a content, if it is not there already, and notes it.
func (s *Store) keep(r record, content []byte) (record, error) {
	ending := ""
	if s.opts.Ending != nil {
		ending = s.opts.Ending(r.Address, content)
	}
	r.Size, r.SHA256 = int64(len(content)), digest(content)
	r.File = path.Join(filesFolder, r.SHA256[:2], r.SHA256+ending)
	at := filepath.Join(s.dir, filepath.FromSlash(r.File))
	if info, err := os.Stat(at); err != nil || info.Size() != r.Size {
		if err := wholefile.Write(at, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
			return r, err
		}
	}
	return r, s.note(r)
}

// note writes down that an address has its file in this round.
func (s *Store) note(r record) error {
	r.Round = s.round
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.add(r)
}

// Finish ends a run: the next one asks again. What is known of other addresses than those that are kept is forgotten.
func (s *Store) Finish(kept []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.end(s.round, kept)
}

// ours matches the files' paths: others in the folder are left alone.
var ours = regexp.MustCompile(`^[0-9a-f]{2}/([0-9a-f]{64}(\.[a-z0-9]+)?|\.[0-9a-f]{64}(\.[a-z0-9]+)?\.part-[0-9]+)$`)

// Remove removes the files that are not among used, paths as [File] has them, and what killed processes left of files,
// and says how many there were.
func (s *Store) Remove(used map[string]bool) (n int, err error) {
	root := filepath.Join(s.dir, filesFolder)
	err = filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if !ours.MatchString(rel) || used[path.Join(filesFolder, rel)] {
			return nil
		}
		n++
		return os.Remove(at)
	})
	if os.IsNotExist(err) { // nothing has come yet
		err = nil
	}
	return n, err
}

// Digest is the SHA-256 in hex of the content of a file, by its path as [File] has it; "" for another path.
func Digest(file string) string {
	rel, ok := strings.CutPrefix(file, filesFolder+"/")
	if !ok || !ours.MatchString(rel) || strings.HasPrefix(path.Base(rel), ".") {
		return ""
	}
	name, _, _ := strings.Cut(path.Base(rel), ".")
	return name
}
