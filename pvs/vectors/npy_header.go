package vectors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// npyLayout says how the vectors of a .npy file lie in it
// (numpy/lib/_format_impl.py says how numpy writes it).
type npyLayout struct {
	rows, dim int
	start     int64 // of the values
	fortran   bool  // column by column
	number    npyNumber
}

// npyNumber is a type of number that is read.
type npyNumber struct {
	size  int
	big   bool // the first byte is the most significant
	plain bool // as this program writes it: float32, little-endian
}

// bytes is how long the whole file must be; ok is false for more than any file has.
func (l npyLayout) bytes() (n int64, ok bool) {
	all := new(big.Int).Mul(big.NewInt(int64(l.rows)), big.NewInt(int64(l.dim)*int64(l.number.size)))
	all.Add(all, big.NewInt(l.start))
	return all.Int64(), all.IsInt64()
}

var (
	npyDType = regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`)
	npyOrder = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape = regexp.MustCompile(`'shape'\s*:\s*\(([^()]*)\)`)
	npyTable = regexp.MustCompile(`^\s*(\d+)L?\s*,\s*(\d+)L?\s*,?\s*$`) // Python 2 wrote 5L
)

// maxNPYHeader is as long a header as numpy reads, but for arrays of many named columns.
const maxNPYHeader = 1 << 16

// parseNPY reads an array's header.
func parseNPY(r io.Reader) (l npyLayout, err error) {
	fixed := make([]byte, 10)
	n, err := io.ReadFull(r, fixed)
	switch {
	case n == 0:
		return l, errors.New("it is empty; write it again")
	case bytes.HasPrefix(fixed[:n], []byte("PK\x03\x04")):
		return l, errors.New("it is a .npz archive (numpy.savez), which holds several arrays; " +
			"save the one array with numpy.save")
	case bytes.HasPrefix(fixed[:n], []byte("\x80")) && n > 1 && fixed[1] <= 5:
		return l, errors.New("it is a pickle of Python's, no .npy file; save the array with numpy.save")
	case err != nil || string(fixed[:6]) != npyMagic:
		return l, errors.New("it is no .npy file; save the array with numpy.save")
	}
	length := int64(binary.LittleEndian.Uint16(fixed[8:]))
	l.start = 10
	switch fixed[6] {
	case 1:
	case 2, 3: // these have a length of four bytes
		more := make([]byte, 2)
		if _, err := io.ReadFull(r, more); err != nil {
			return l, errors.New("its header is cut off")
		}
		length |= int64(binary.LittleEndian.Uint16(more)) << 16
		l.start = 12
	default:
		return l, fmt.Errorf("it has version %d of the format, and 1 to 3 are known; save it with another numpy", fixed[6])
	}
	if length > maxNPYHeader {
		return l, fmt.Errorf("its header of %d bytes is no plain array's; save numpy.array(..., dtype='float32') of it",
			length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return l, errors.New("its header is cut off")
	}
	l.start += length
	return l, l.parse(text)
}

// parse reads the header's text, a dictionary of Python's.
func (l *npyLayout) parse(text []byte) error {
	dtype, order, shape := npyDType.FindSubmatch(text), npyOrder.FindSubmatch(text), npyShape.FindSubmatch(text)
	switch {
	case order == nil || shape == nil:
		return errors.New("its header is damaged")
	case dtype == nil && bytes.Contains(text, []byte("'descr'")):
		return errors.New("it is an array of named columns; " +
			"save the table of floats alone, as numpy.array(..., dtype='float32')")
	case dtype == nil:
		return errors.New("its header is damaged")
	}
	var err error
	if l.number, err = npyNumberOf(string(dtype[1])); err != nil {
		return err
	}
	l.fortran = string(order[1]) == "True"
	table := npyTable.FindSubmatch(shape[1])
	if table == nil {
		return fmt.Errorf("its shape is (%s), not (vectors, dimension): it is no table of rows and columns; "+
			"save x.reshape(-1, dimension) of it", bytes.TrimSpace(shape[1]))
	}
	rows, err1 := strconv.Atoi(string(table[1]))
	dim, err2 := strconv.Atoi(string(table[2]))
	if err1 != nil || err2 != nil || dim < 1 || int64(rows) > 1<<40 || dim > 1<<24 {
		return fmt.Errorf("its shape (%s, %s) is not possible", table[1], table[2])
	}
	l.rows, l.dim = rows, dim
	return nil
}

// npyNumberOf reads numpy's name of a type.
func npyNumberOf(dtype string) (npyNumber, error) {
	const wayOut = "save it with .astype('float32')"
	if len(dtype) < 2 {
		return npyNumber{}, errors.New("its header is damaged")
	}
	switch order, kind := dtype[0], dtype[1:]; {
	case strings.Contains("<>=", string(order)) && (kind == "f2" || kind == "f4" || kind == "f8"):
		n := npyNumber{size: int(kind[1] - '0'), big: order == '>'} // numpy writes = as < or >
		n.plain = n.size == 4 && !n.big
		return n, nil
	case kind[0] == 'O':
		return npyNumber{}, errors.New("it holds pickled Python objects, as numpy makes of lists of different lengths, " +
			"not numbers; save numpy.stack(x).astype('float32')")
	case kind[0] == 'i' || kind[0] == 'u' || kind[0] == 'b':
		return npyNumber{}, fmt.Errorf("it holds whole numbers of type %s, not floats; if they are vectors, %s", dtype,
			wayOut)
	case kind[0] == 'c':
		return npyNumber{}, fmt.Errorf("it holds complex numbers of type %s, not floats; "+
			"save x.real or numpy.abs(x) as float32", dtype)
	case kind[0] == 'U' || kind[0] == 'S':
		return npyNumber{}, fmt.Errorf("it holds texts of type %s, not floats; ids belong into NAME.ids, one a line", dtype)
	}
	return npyNumber{}, fmt.Errorf("it holds numbers of type %s; float16, float32 and float64 are read: %s", dtype, wayOut)
}

// values converts the numbers of raw, len(dst) of them.
func (n npyNumber) values(dst []float32, raw []byte) {
	if n.plain {
		copy(asBytes(dst), raw)
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if n.big {
		order = binary.BigEndian
	}
	for i := range dst {
		switch at := raw[i*n.size:]; n.size {
		case 2:
			dst[i] = Half(order.Uint16(at))
		case 4:
			dst[i] = math.Float32frombits(order.Uint32(at))
		default:
			dst[i] = float32(math.Float64frombits(order.Uint64(at)))
		}
	}
}

// Half converts a float16 (IEEE 754 binary16).
func Half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		v = math.Inf(1)
		if fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(fraction+1024, exponent-25)
	}
	return math.Float32frombits(math.Float32bits(float32(v)) | sign)
}

// read reads all values, row by row, from where they start.
func (l npyLayout) read(r io.Reader) ([]float32, error) {
	data := make([]float32, l.rows*l.dim)
	if l.number.plain && !l.fortran {
		_, err := io.ReadFull(r, asBytes(data))
		return data, err
	}
	line, lines := l.dim, l.rows // what lies together
	if l.fortran {
		line, lines = l.rows, l.dim
	}
	raw, part := make([]byte, line*l.number.size), make([]float32, line)
	for k := range lines {
		if _, err := io.ReadFull(r, raw); err != nil {
			return nil, err
		}
		if !l.fortran {
			l.number.values(data[k*l.dim:(k+1)*l.dim], raw)
			continue
		}
		l.number.values(part, raw)
		for i, v := range part {
			data[i*l.dim+k] = v
		}
	}
	return data, nil
}
