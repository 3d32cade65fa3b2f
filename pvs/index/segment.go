package index

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync/atomic"
	"unsafe"

	"github.com/edsrzf/mmap-go"

	"github.com/gopvs/product-visual-search/pvs/index/codes"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// The files of a segment; docs/index.md has their layout.
const (
	headFile    = "head.json"
	bitsFile    = "bits"
	columnsFile = "columns"
	vectorsFile = "vectors"
)

// sumBlock is how many bytes of a file have one checksum.
const sumBlock = 4 << 20

// head describes a segment.
type head struct {
	Version int                 `json:"version"`
	Rows    int                 `json:"rows"`
	Dim     int                 `json:"dim"`
	Seed    uint64              `json:"seed"`   // of the rotation
	Sums    map[string][]uint32 `json:"crc32c"` // of "bits" and "columns", a block of 4 MiB each
}

// segment is codes of some photos, on the disk. Bits and columns are mapped into memory, vectors are read by row.
type segment struct {
	name    string // its folder
	users   atomic.Int32
	n, dim  int
	maps    []mmap.MMap
	vectors *os.File

	keys       []int64
	factors    []float32
	products   []uint32
	categories []uint32
	centre     []float32
	bits       []uint64
	rotation   *codes.Rotation
}

// stride is how many bytes of the file "vectors" a row takes: its values and their checksum.
func stride(dim int) int { return 4*dim + 4 }

// columnBytes is the size of the file "columns".
func columnBytes(n, dim int) int64 { return int64(n)*(8+4+4+4) + 4*int64(dim) }

// openSegment opens and checks a segment of an index's folder.
func openSegment(dir string, of segmentName, dim int) (*segment, error) {
	if !littleEndian() {
		return nil, errors.New("the codes of an index can be read by processors with little-endian numbers only")
	}
	s := &segment{name: filepath.Join(dir, codesFolder, of.Name), dim: dim}
	s.users.Store(1)
	if err := s.open(of); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *segment) open(of segmentName) error {
	dim := s.dim
	text, err := os.ReadFile(filepath.Join(s.name, headFile))
	if err != nil {
		return damaged("%w", err)
	}
	digest := sha256.Sum256(text)
	var h head
	if hex.EncodeToString(digest[:]) != of.Head || json.Unmarshal(text, &h) != nil || h.Dim != dim || h.Rows != of.Rows {
		return damaged("%s is not the one that belongs to this index, or was changed", filepath.Join(s.name, headFile))
	}
	s.n = h.Rows
	bits, err := s.mapFile(bitsFile, int64(s.n)*int64(codes.Words(dim))*8)
	if err != nil {
		return err
	}
	columns, err := s.mapFile(columnsFile, columnBytes(s.n, dim))
	if err != nil {
		return err
	}
	if s.vectors, err = os.Open(filepath.Join(s.name, vectorsFile)); err != nil {
		return damaged("%w", err)
	}
	if info, err := s.vectors.Stat(); err != nil || info.Size() != int64(s.n)*int64(stride(dim)) {
		return damaged("%s is cut off or too long", s.vectors.Name())
	}
	for file, data := range map[string][]byte{bitsFile: bits, columnsFile: columns} {
		if err := checkSums(filepath.Join(s.name, file), data, h.Sums[file]); err != nil {
			return err
		}
	}
	s.bits = view[uint64](bits)
	s.keys, columns = view[int64](columns[:8*s.n]), columns[8*s.n:]
	s.factors, columns = view[float32](columns[:4*s.n]), columns[4*s.n:]
	s.products, columns = view[uint32](columns[:4*s.n]), columns[4*s.n:]
	s.categories, columns = view[uint32](columns[:4*s.n]), columns[4*s.n:]
	s.centre = view[float32](columns)
	s.rotation = codes.NewRotation(dim, h.Seed)
	return nil
}

// mapFile maps a file of the size into memory.
func (s *segment) mapFile(name string, size int64) ([]byte, error) {
	path := filepath.Join(s.name, name)
	f, err := os.Open(path)
	if err != nil {
		return nil, damaged("%w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != size {
		return nil, damaged("%s is cut off or too long", path)
	}
	m, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("mapping %s into memory: %w", path, err)
	}
	s.maps = append(s.maps, m)
	return m, nil
}

// release ends the use of a segment.
func (s *segment) release() {
	if s.users.Add(-1) > 0 {
		return
	}
	for _, m := range s.maps {
		_ = m.Unmap() // nobody uses it
	}
	if s.vectors != nil {
		_ = s.vectors.Close()
	}
}

// readRow reads the bytes of a row, checks them, and returns those of the values.
func (s *segment) readRow(row int, into []byte) ([]byte, error) {
	into = into[:stride(s.dim)]
	if _, err := s.vectors.ReadAt(into, int64(row)*int64(len(into))); err != nil {
		return nil, damaged("reading %s: %w", s.vectors.Name(), err)
	}
	return s.checkRow(row, into)
}

// checkRow compares a row with its checksum.
func (s *segment) checkRow(row int, data []byte) ([]byte, error) {
	values := data[:4*s.dim]
	if crc32.Checksum(values, castagnoli) != binary.LittleEndian.Uint32(data[4*s.dim:]) {
		return nil, damaged("row %d of %s was changed since it was written", row, s.vectors.Name())
	}
	return values, nil
}

// sums are the checksums of a file's blocks.
func sums(data []byte) []uint32 {
	list := make([]uint32, (len(data)+sumBlock-1)/sumBlock)
	_ = cores.Each(context.Background(), len(list), func(i int) error { // no work fails
		list[i] = crc32.Checksum(data[i*sumBlock:min((i+1)*sumBlock, len(data))], castagnoli)
		return nil
	})
	return list
}

func checkSums(path string, data []byte, want []uint32) error {
	got := sums(data)
	if len(got) != len(want) {
		return damaged("%s has another size than was written", path)
	}
	for i, sum := range got {
		if sum != want[i] {
			return damaged("%s was changed since it was written, between bytes %d and %d", path, i*sumBlock,
				min((i+1)*sumBlock, len(data)))
		}
	}
	return nil
}

// view is bytes of a mapped file as numbers, which this processor orders as the file does.
func view[T any](data []byte) []T {
	if len(data) == 0 {
		return nil
	}
	var one T
	return unsafe.Slice((*T)(unsafe.Pointer(&data[0])), len(data)/int(unsafe.Sizeof(one)))
}

func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }
