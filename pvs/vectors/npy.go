package vectors

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"
)

// The .npy format: numpy/lib/format.py. A magic string, a version, the length of a
// header that is a Python dictionary, padded so that the values start at a multiple
// of 64 bytes.
const (
	npyMagic = "\x93NUMPY"
	// headerSize is fixed, so that the number of rows can be filled in at the end.
	headerSize = 128
)

// npyHeader returns the header of a float32 array [rows, dim].
func npyHeader(rows, dim int) []byte {
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, dim)
	h := make([]byte, 0, headerSize)
	h = append(h, npyMagic+"\x01\x00"...)
	h = binary.LittleEndian.AppendUint16(h, headerSize-10)
	h = append(h, text...)
	h = append(h, strings.Repeat(" ", headerSize-1-len(h))...)
	return append(h, '\n')
}

// Read reads NAME.npy and NAME.ids (a trailing .npy is accepted) and checks them, by
// what NAME.json says of them if it is there. While another process writes the set anew
// it reads the old one or the new one.
func Read(name string) (set *Set, err error) {
	name = base(name)
	err = steady(name, func() error {
		set, err = read(name)
		return err
	})
	return set, err
}

func read(name string) (*Set, error) {
	set, err := readNPY(name + ".npy")
	if err != nil {
		return nil, err
	}
	if set.IDs, err = ReadIDs(name + ".ids"); err != nil {
		return nil, err
	}
	rows := len(set.Data) / set.Dim
	if rows != len(set.IDs) {
		return nil, fmt.Errorf("%s.npy has %d vectors, but %s.ids has %d ids; they belong to different runs", name,
			rows, name, len(set.IDs))
	}
	note, err := readSidecar(name)
	if err != nil {
		return nil, err
	}
	if err := note.fits(name, rows, set.Dim, set.IDs, checksum(asBytes(set.Data))); err != nil {
		return nil, err
	}
	set.Origin = note.origin()
	if err := set.Check(); err != nil {
		return nil, fmt.Errorf("%s.npy: %w", name, err)
	}
	return set, nil
}

func readNPY(path string) (*Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, missing(err, path, "vectors")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return setOf(f, info.Size(), path)
}

// setOf reads the vectors of a file of so many bytes.
func setOf(r io.Reader, size int64, path string) (*Set, error) {
	l, err := openNPY(r, size, path)
	if err != nil {
		return nil, err
	}
	set := &Set{Dim: l.dim}
	if set.Data, err = l.read(r); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return set, nil
}

// openNPY reads a file's header and makes sure that what it claims is there.
func openNPY(r io.Reader, size int64, path string) (npyLayout, error) {
	l, err := parseNPY(r)
	if err != nil {
		return l, fmt.Errorf("%s: %w", path, err)
	}
	want, ok := l.bytes()
	if ok && size > want {
		return l, fmt.Errorf("%s: %d vectors of dimension %d need %d bytes, but it has %d; "+
			"more than one array was saved into it, or it is damaged",
			path, l.rows, l.dim, want, size)
	}
	if !ok || size < want {
		return l, fmt.Errorf("%s: %d vectors of dimension %d need %d bytes, but it has %d; it is cut off or damaged", path,
			l.rows, l.dim, want, size)
	}
	return l, nil
}

// asBytes views floats as the bytes that they have in memory, which on every
// platform that the backends run on is little-endian, as the file is.
func asBytes(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}
