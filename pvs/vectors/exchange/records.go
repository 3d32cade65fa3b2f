package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/records"
)

// recordSource is TFRecords of embeddings.
type recordSource struct {
	paths []string
	ids   []string // of the idx; nil: the idx is the id
	total int      // records, as far as is known
	// from is the manifest, if there is one, and key that of it before it was read: a
	// writer of records takes it away before it replaces a shard.
	from, key string
}

func (s *recordSource) files() []string { return s.paths }

// openRecords takes a manifest, a file or a folder of files.
func openRecords(in, idFile string) (*recordSource, error) {
	s := &recordSource{}
	info, err := os.Stat(in)
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
	}
	if err == nil && idFile != "" {
		s.ids, err = readLines(idFile)
	}
	return s, err
}

func (s *recordSource) manifest(path string) error {
	var err error
	if s.key, err = keyOf([]string{path}); err != nil {
		return fmt.Errorf("opening records: %w", err)
	}
	s.from = path
	m, err := records.ReadManifest(path)
	if err != nil {
		return err
	}
	if m.Dim == 0 {
		return fmt.Errorf("%s is of photos, not of embeddings", path)
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
	for _, e := range entries {
		if slices.Contains([]string{".tfrecord", ".tfrecords", ".tfrec"}, strings.ToLower(filepath.Ext(e.Name()))) {
			s.paths = append(s.paths, filepath.Join(dir, e.Name()))
		}
	}
	if s.paths == nil {
		return fmt.Errorf("%s has no files that end in .tfrecord", dir)
	}
	return nil
}

func (s *recordSource) each(yield func(v vector) error) error {
	done := 0
	for _, path := range s.paths {
		n := 0
		for data, err := range records.File(path) {
			if errors.Is(err, os.ErrNotExist) {
				return err // a shard that is not there is no damaged record
			}
			v := vector{done: done, total: max(s.total, -1)}
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
	if s.from != "" {
		return still(s.key, []string{s.from})
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

// readLines reads ids, one a line.
func readLines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the ids: %w", err)
	}
	defer f.Close()
	var lines []string
	scan := bufio.NewScanner(f)
	for scan.Scan() {
		lines = append(lines, scan.Text())
	}
	return lines, scan.Err()
}
