package vectors

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
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

var (
	npyDType = regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`)
	npyOrder = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape = regexp.MustCompile(`'shape'\s*:\s*\(\s*(\d+)\s*,\s*(\d+)\s*,?\s*\)`)
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

// parseNPY reads an array's header: rows, columns and where the values start.
func parseNPY(r io.Reader) (rows, dim int, start int64, err error) {
	fixed := make([]byte, 10)
	if _, err := io.ReadFull(r, fixed); err != nil || string(fixed[:6]) != npyMagic {
		return 0, 0, 0, errors.New("it is no .npy file")
	}
	length := int64(binary.LittleEndian.Uint16(fixed[8:]))
	start = 10
	if fixed[6] > 1 { // versions 2 and 3 have a length of four bytes
		more := make([]byte, 2)
		if _, err := io.ReadFull(r, more); err != nil {
			return 0, 0, 0, errors.New("its header is cut off")
		}
		length |= int64(binary.LittleEndian.Uint16(more)) << 16
		start = 12
	}
	text, err := io.ReadAll(io.LimitReader(r, length))
	if err != nil || int64(len(text)) != length {
		return 0, 0, 0, errors.New("its header is cut off")
	}
	start += length
	dtype, order, shape := npyDType.FindSubmatch(text), npyOrder.FindSubmatch(text), npyShape.FindSubmatch(text)
	switch {
	case dtype == nil || order == nil:
		return 0, 0, 0, errors.New("its header is damaged")
	case string(dtype[1]) != "<f4":
		return 0, 0, 0, fmt.Errorf("it holds numbers of type %s, not <f4; save it with .astype('float32')", dtype[1])
	case string(order[1]) == "True":
		return 0, 0, 0, errors.New("it is in Fortran order; save numpy.ascontiguousarray of it")
	case shape == nil:
		return 0, 0, 0, errors.New("it is no table of rows and columns")
	}
	rows, err1 := strconv.Atoi(string(shape[1]))
	dim, err2 := strconv.Atoi(string(shape[2]))
	if err1 != nil || err2 != nil || dim < 1 || rows > 1<<40 || dim > 1<<24 {
		return 0, 0, 0, fmt.Errorf("its shape (%s, %s) is not possible", shape[1], shape[2])
	}
	return rows, dim, start, nil
}

// base returns a set's name without the .npy that a user may have typed.
func base(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, ".npy"), ".ids") }

// Read reads NAME.npy and NAME.ids (a trailing .npy is accepted) and checks them. While
// another process writes the set anew it reads the old one or the new one.
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
	if set.IDs, err = readIDs(name + ".ids"); err != nil {
		return nil, err
	}
	if rows := len(set.Data) / set.Dim; rows != len(set.IDs) {
		return nil, fmt.Errorf("%s.npy has %d vectors, but %s.ids has %d ids; they belong to different runs", name, rows, name, len(set.IDs))
	}
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
	rows, dim, start, err := parseNPY(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// What a header claims is believed only where the bytes are there.
	if want := start + int64(rows)*int64(dim)*4; info.Size() != want || (rows > 0 && want/int64(rows)/int64(dim) < 4) {
		return nil, fmt.Errorf("%s: %d vectors of dimension %d need %d bytes, but it has %d; it is cut off or damaged", path, rows, dim, want, info.Size())
	}
	set := &Set{Dim: dim, Data: make([]float32, rows*dim)}
	if _, err := io.ReadFull(f, asBytes(set.Data)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return set, nil
}

// asBytes views floats as the bytes that they have in memory, which on every
// platform that the backends run on is little-endian, as the file is.
func asBytes(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}

func readIDs(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, missing(err, path, "ids")
	}
	defer f.Close()
	ids, err := scanIDs(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ids, nil
}

// scanIDs reads one id a line; line ends may be Windows's.
func scanIDs(r io.Reader) ([]string, error) {
	var ids []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text() == "" {
			return nil, fmt.Errorf("line %d is empty", len(ids)+1)
		}
		ids = append(ids, lines.Text())
	}
	return ids, lines.Err()
}

func missing(err error, path, what string) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there are no %s at %s; write them with pvs embed", what, path)
	}
	return err
}
