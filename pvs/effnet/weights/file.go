package weights

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Tensor is an array in row-major order. Values of other number types are
// converted to float32 when they are read.
type Tensor struct {
	Shape []int
	Data  []float32
}

// File is what a weights file holds, under the file's own names.
type File struct {
	Path    string
	Format  string // "Keras HDF5", "safetensors", "PyTorch"
	Tensors map[string]Tensor
	// Metadata is what a safetensors file says about itself.
	Metadata map[string]string
	// Notes say which of several parts of the file Tensors are.
	Notes []string
}

// maxFile bounds a file, which is read into memory; EfficientNet-B7 with its optimizer takes 0.8 GB.
const maxFile int64 = 2 << 30

// Read reads a weights file of any of the three formats, which it recognises by the content.
func Read(path string) (*File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxFile {
		return nil, fmt.Errorf("weights file %s has %d bytes: no EfficientNet is larger than %d; name another file",
			filepath.Base(path), info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading weights: %w", err)
	}
	f := &File{Path: path}
	switch other := otherKind(data); {
	case len(data) == 0:
		err = fmt.Errorf("it is empty")
	case other != "":
		err = selfExplaining{errors.New(other)}
	case bytes.HasPrefix(data, hdf5Magic):
		f.Format = "Keras HDF5"
		f.Tensors, err = parseHDF5(data)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), isPickle(data):
		f.Format = "PyTorch"
		f.Tensors, f.Notes, err = parsePyTorch(data)
	case len(data) > 8 && data[8] == '{':
		f.Format = "safetensors"
		f.Tensors, f.Metadata, err = parseSafetensors(data)
	default:
		err = fmt.Errorf("it is none of Keras .h5, safetensors and PyTorch .pth")
	}
	if own := (selfExplaining{}); errors.As(err, &own) {
		return nil, fmt.Errorf("weights file %s: %w", filepath.Base(path), err)
	}
	if err != nil {
		return nil, fmt.Errorf("weights file %s: %w; fetch it again or name another file", filepath.Base(path), err)
	}
	return f, nil
}

// isPickle says whether a file begins as Python's pickles do. A safetensors file may, too, whose first bytes are the
// length of its header, such as 896; then zeros follow, and the header.
func isPickle(data []byte) bool {
	header := len(data) > 8 && data[8] == '{' && le.Uint32(data[4:]) == 0
	return len(data) > 2 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5 && !header
}

// selfExplaining is an error that says what to do; others get an advice of [Read].
type selfExplaining struct{ error }

// maxRank is far above the 4 dimensions of a network's weights.
const maxRank = 32

// elements multiplies dimensions; ok is false for too many or negative ones and for
// products that no file of this size can hold.
func elements(shape []int, limit int) (n int, ok bool) {
	if len(shape) > maxRank {
		return 0, false
	}
	n = 1
	for _, d := range shape {
		if d < 0 || (d > 0 && n > limit/d) {
			return 0, false
		}
		n *= d
	}
	return n, n <= limit
}
