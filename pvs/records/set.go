package records

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// manifestVersion grows when the manifest's meaning changes. Version 1 had no Asked,
// which only who goes on with a set needs.
const manifestVersion = 2

// Manifest says what a set of shards holds.
type Manifest struct {
	Version int      `json:"version"`
	Records int      `json:"records"`
	Dim     int      `json:"dim,omitempty"` // of embeddings; 0: the records are photos
	Quality int      `json:"jpeg_quality"`
	Pixels  int      `json:"pixels"` // side of the squares; 0: the photo's longer side
	Catalog string   `json:"catalog"`
	Split   string   `json:"split"`
	Classes []string `json:"classes"` // a label is an index into this list; -1: a category that is not in it
	Shards  []Shard  `json:"shards"`
	Skipped []string `json:"skipped,omitempty"` // photos left out, a line each
	// Key tells sets apart that hold other records, or the same in another way.
	Key string `json:"key"`
	// Origin says what made embeddings, as [VectorOptions] had it.
	Origin json.RawMessage `json:"origin,omitempty"`
	// Asked tells apart what sets were asked to hold: names of photos and settings, by
	// which a writer goes on.
	Asked string `json:"asked"`
}

// Shard is one file of a set.
type Shard struct {
	File    string   `json:"file"`
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"`
	Photos  []string `json:"photos"`  // the ids of its records, in their order
	Skipped []string `json:"skipped"` // lines of photos left out while it was written
}

// manifestFile returns the manifest's name of a set.
func manifestFile(name string) string { return name + ".json" }

// ReadManifest reads a set's manifest, NAME.json.
func ReadManifest(path string) (*Manifest, error) {
	data, err := readManifest(strings.TrimSuffix(path, ".json"))
	if err != nil {
		return nil, err
	}
	return parseManifest(path, data)
}

// readManifest reads the manifest of a set, or says why there is none.
// ErrNone marks errors about records that are not there, for [errors.Is].
var ErrNone = errors.New("there are no records")

func readManifest(name string) ([]byte, error) {
	const attempts = 3 // between two steps a writer may have ended, and the next have begun
	for attempt := 1; ; attempt++ {
		data, err := os.ReadFile(manifestFile(name))
		switch {
		case err == nil:
			return data, nil
		case errors.Is(err, fs.ErrNotExist) && onewriter.Free(name) != nil:
			return nil, errBusy(name)
		case !errors.Is(err, fs.ErrNotExist) || attempt == attempts:
			return nil, absent(err, manifestFile(name))
		}
	}
}

// absent says in words that a manifest is not there.
func absent(err error, path string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return tag.Error(notThere(fmt.Sprintf("there is no %s", path)), ErrNone)
}

// notThere is an error that is fs.ErrNotExist.
type notThere string

func (n notThere) Error() string        { return string(n) }
func (n notThere) Is(target error) bool { return target == fs.ErrNotExist }

func errBusy(name string) error {
	return fmt.Errorf("the records %s are just being written; read them when that has ended", name)
}

func parseManifest(path string, data []byte) (*Manifest, error) {
	m := &Manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; write the records again", path, err)
	}
	if m.Version < 1 || m.Version > manifestVersion {
		return nil, fmt.Errorf("%s has the format %d, and this pvs reads %d; write the records again", path,
			m.Version, manifestVersion)
	}
	return m, nil
}

// Set is an opened set of shards. It is safe for concurrent use.
type Set struct {
	Manifest Manifest
	files    []*os.File
	frames   [][]frame
	first    []int // number of each shard's first record
}

// Open reads the manifest NAME.json and the places of all records. A record is checked
// when it is read: one that is damaged is an error of [Set.At] that names the file and
// the offset, and leaves the others readable.
func Open(name string) (*Set, error) {
	s := &Set{}
	path := manifestFile(name)
	text, err := readManifest(name)
	if err != nil {
		return nil, fmt.Errorf("opening records: %w", err)
	}
	m, err := parseManifest(path, text)
	if err != nil {
		return nil, fmt.Errorf("opening records: %w", err)
	}
	if s.Manifest = *m; m.Dim != 0 {
		return nil, fmt.Errorf("%s is of embeddings, not of photos", path)
	}
	err = s.openAll(name)
	// A writer takes the manifest away before it replaces a shard.
	if now, gone := os.ReadFile(path); gone != nil || !bytes.Equal(now, text) {
		err = errBusy(name)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// openAll opens the shards of the manifest.
func (s *Set) openAll(name string) error {
	n := 0
	for _, shard := range s.Manifest.Shards {
		if err := s.open(filepath.Join(filepath.Dir(name), filepath.Base(shard.File)), shard); err != nil {
			return err
		}
		s.first = append(s.first, n)
		n += len(shard.Photos)
	}
	if n != s.Manifest.Records {
		return fmt.Errorf("%s speaks of %d records, but its shards of %d; write the records again",
			manifestFile(name), s.Manifest.Records, n)
	}
	return nil
}

func (s *Set) open(path string, shard Shard) error {
	at, err := frames(path)
	if err != nil {
		return fmt.Errorf("opening records: %w", err)
	}
	if len(at) != len(shard.Photos) {
		return fmt.Errorf("%s has %d records, but the manifest speaks of %d; write the records again", path,
			len(at), len(shard.Photos))
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil || info.Size() != shard.Bytes {
		_ = f.Close()
		return fmt.Errorf("%s has not the %d bytes that the manifest speaks of; write the records again", path, shard.Bytes)
	}
	s.files, s.frames = append(s.files, f), append(s.frames, at)
	return nil
}

// Close closes the shards.
func (s *Set) Close() {
	for _, f := range s.files {
		_ = f.Close() // only read
	}
}

// Len returns the number of records.
func (s *Set) Len() int { return s.Manifest.Records }

// shard returns a record's shard and its place there.
func (s *Set) shard(i int) (shard, place int) {
	shard = sort.Search(len(s.first), func(k int) bool { return s.first[k] > i }) - 1
	return shard, i - s.first[shard]
}

// ID returns the photo that a record was made from.
func (s *Set) ID(i int) string {
	shard, place := s.shard(i)
	return s.Manifest.Shards[shard].Photos[place]
}

// At reads a record and checks it.
func (s *Set) At(i int) (Record, error) {
	if i < 0 || i >= s.Len() {
		return Record{}, fmt.Errorf("there is no record %d of %d", i, s.Len())
	}
	shard, place := s.shard(i)
	at := s.frames[shard][place]
	data, err := s.read(s.files[shard], at)
	if err == nil {
		var r Record
		if r, err = recordOf(data); err == nil {
			return r, nil
		}
	}
	return Record{}, damaged(s.files[shard].Name(), at.at, err)
}

// read reads a record whose head was read before.
func (s *Set) read(f io.ReaderAt, at frame) ([]byte, error) {
	if at.length < 0 {
		return nil, errLength
	}
	data := make([]byte, at.length+tailSize)
	if _, err := f.ReadAt(data, at.at+headSize); err != nil {
		return nil, err
	}
	return checkData(data)
}
