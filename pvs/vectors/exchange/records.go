package exchange

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// recordSource is TFRecords of embeddings.
type recordSource struct {
	paths []string
	ids   []string // of the idx; nil: the idx is the id
	total int      // records, as far as is known
	notes []string // what should be known of the files
	from  *vectors.Origin
	// shards is the manifest, if there is one, and key that of it before it was read: a
	// writer of records takes it away before it replaces a shard.
	shards, key string
}

func (s *recordSource) origin() *vectors.Origin { return s.from }

func (s *recordSource) files() []string { return s.paths }

// openRecords takes a manifest, a file, a folder of files, or the name of a set whose
// files are counted: data.tfrecord for data.tfrecord-00000-of-00003 and so on.
func openRecords(in, idFile string) (*recordSource, error) {
	s := &recordSource{}
	if strings.HasSuffix(in, ".json") {
		in = manifestBeside(in)
	}
	info, err := os.Stat(in)
	if errors.Is(err, os.ErrNotExist) {
		if set := countedFiles(in); set != nil {
			return s, errors.Join(s.take(filepath.Dir(in), set), s.named(idFile))
		}
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s", in)
	}
	if err != nil {
		return nil, fmt.Errorf("opening records: %w", err)
	}
	switch {
	case strings.HasSuffix(in, ".json"):
		err = s.manifest(in)
	case info.IsDir():
		err = s.folder(in)
	default:
		s.paths = []string{in}
		if i, n, ok := records.ShardOf(filepath.Base(in)); ok && n > 1 {
			s.notes = append(s.notes,
				fmt.Sprintf("%s is one of %d files of a set (number %d); name the folder to read them all", in, n, i))
		}
	}
	if err == nil {
		err = s.named(idFile)
	}
	return s, err
}

// named reads the ids of the idx, if there is a file of them.
func (s *recordSource) named(idFile string) (err error) {
	if idFile == "" {
		return nil
	}
	s.ids, err = vectors.ReadIDs(idFile)
	return err
}

// countedFiles returns the names of a set's files.
func countedFiles(set string) (names []string) {
	entries, err := os.ReadDir(filepath.Dir(set))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(set))
		if _, _, counted := records.ShardOf(rest); ok && counted && strings.HasPrefix(rest, "-") && records.IsFile(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// take reads all of a set's files, which must all be there.
func (s *recordSource) take(dir string, names []string) error {
	if err := records.CheckShards(names); err != nil {
		return fmt.Errorf("the records in %s: %w", dir, err)
	}
	empty := 0
	for _, name := range names {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Size() == 0 {
			empty++
		}
		s.paths = append(s.paths, path)
	}
	if empty > 0 {
		s.notes = append(s.notes, fmt.Sprintf("%d of the %d files in %s are empty", empty, len(names), dir))
	}
	return nil
}

func (s *recordSource) manifest(path string) error {
	var err error
	if s.key, err = keyOf([]string{path}); err != nil {
		return fmt.Errorf("opening records: %w", err)
	}
	s.shards = path
	m, err := records.ReadManifest(path)
	if err != nil {
		return err
	}
	if m.Dim == 0 {
		return fmt.Errorf("%s is of photos, not of embeddings", path)
	}
	if s.from, err = vectors.UnmarshalOrigin(m.Origin); err != nil {
		return fmt.Errorf("%s should say by %q what made its vectors, but %w; write the records again", path, "origin", err)
	}
	for _, shard := range m.Shards {
		s.paths = append(s.paths, filepath.Join(filepath.Dir(path), filepath.Base(shard.File)))
		s.ids = append(s.ids, shard.Photos...)
	}
	s.total = m.Records
	return nil
}

func (s *recordSource) folder(dir string) error {
	entries, err := os.ReadDir(dir) // by name
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && records.IsFile(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if names == nil {
		return fmt.Errorf("%s has no files that end in .tfrecord (or in .tfrecord-00000-of-00003, .tfrec, .tfrecord.gz)", dir)
	}
	return s.take(dir, names)
}

func (s *recordSource) each(yield func(v vector) error) error {
	done := 0
	for _, path := range s.paths {
		n := 0
		for data, err := range records.File(path) {
			if errors.Is(err, os.ErrNotExist) {
				return err // a shard that is not there is no damaged record
			}
			v := vector{row: done, done: done, total: max(s.total, -1)}
			if s.total == 0 {
				v.total = -1 // not known
			}
			if err == nil {
				v, err = s.vector(v, data)
				if err != nil {
					err = fmt.Errorf("%s, record %d: %w", path, n, err)
				}
			}
			v.bad = err
			if err := yield(v); err != nil {
				return err
			}
			n++
			done++
		}
	}
	if s.shards != "" {
		return still(s.key, []string{s.shards})
	}
	return nil
}

// vector names a record's vector.
func (s *recordSource) vector(v vector, data []byte) (vector, error) {
	e, err := records.EmbeddingOf(data)
	if err != nil {
		return v, err
	}
	v.values = e.Vector
	switch {
	case s.ids == nil:
		v.id = strconv.FormatInt(e.Index, 10)
	case e.Index < 0 || e.Index >= int64(len(s.ids)):
		return v, fmt.Errorf("its idx is %d, but there are %d ids", e.Index, len(s.ids))
	default:
		v.id = s.ids[e.Index]
	}
	return v, nil
}
