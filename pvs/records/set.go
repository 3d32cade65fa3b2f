package records

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// manifestVersion grows when the manifest's meaning changes.
const manifestVersion = 1

// Manifest says what a set of shards holds.
type Manifest struct {
	Version int      `json:"version"`
	Records int      `json:"records"`
	Quality int      `json:"jpeg_quality"`
	Pixels  int      `json:"pixels"` // side of the squares; 0: the photo's longer side
	Catalog string   `json:"catalog"`
	Split   string   `json:"split"`
	Classes []string `json:"classes"` // a label is a place in this list; -1: a category that is not in it
	Shards  []Shard  `json:"shards"`
	Skipped []string `json:"skipped,omitempty"` // photos left out, a line each
	// Key tells sets apart that were made from other photos or in another way.
	Key string `json:"key"`
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

// Set is an opened set of shards. It is safe for concurrent use.
type Set struct {
	Manifest Manifest
	files    []*os.File
	sizes    []int64
	offsets  [][]int64
	first    []int // number of each shard's first record
}

// Open reads the manifest NAME.json and the places of all records, which checks their
// lengths; a record's data is checked when it is read.
func Open(name string) (*Set, error) {
	s := &Set{}
	path := manifestFile(name)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening records: %w; write them with pvs records", err)
	}
	if err := json.Unmarshal(data, &s.Manifest); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; write the records again", path, err)
	}
	if s.Manifest.Version != manifestVersion {
		return nil, fmt.Errorf("%s has the format %d, and this pvs reads %d; write the records again", path, s.Manifest.Version, manifestVersion)
	}
	n := 0
	for _, shard := range s.Manifest.Shards {
		if err := s.open(filepath.Join(filepath.Dir(name), filepath.Base(shard.File)), shard); err != nil {
			s.Close()
			return nil, err
		}
		s.first = append(s.first, n)
		n += len(shard.Photos)
	}
	if n != s.Manifest.Records {
		s.Close()
		return nil, fmt.Errorf("%s speaks of %d records, but its shards of %d; write the records again", path, s.Manifest.Records, n)
	}
	return s, nil
}

func (s *Set) open(path string, shard Shard) error {
	at, err := offsets(path)
	if err != nil {
		return fmt.Errorf("opening records: %w", err)
	}
	if len(at) != len(shard.Photos) {
		return fmt.Errorf("%s has %d records, but the manifest speaks of %d; write the records again", path, len(at), len(shard.Photos))
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	s.files, s.sizes, s.offsets = append(s.files, f), append(s.sizes, shard.Bytes), append(s.offsets, at)
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
	at := s.offsets[shard][place]
	data, _, err := readFrame(s.files[shard], at, s.sizes[shard])
	if err == nil {
		var r Record
		if r, err = recordOf(data); err == nil {
			return r, nil
		}
	}
	return Record{}, damaged(s.files[shard].Name(), at, err)
}
