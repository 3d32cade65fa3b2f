package vectors

import (
	"fmt"
	"os"
)

// Rows reads single vectors of a set from its file, for sets that are larger than the
// memory. It is safe for concurrent use.
type Rows struct {
	IDs    []string
	Dim    int
	f      *os.File
	layout npyLayout
	data   []float32 // all values, of a file that has them column by column; else nil
}

// OpenRows opens NAME.npy and reads NAME.ids.
func OpenRows(name string) (*Rows, error) {
	name = base(name)
	path := name + ".npy"
	f, err := os.Open(path)
	if err != nil {
		return nil, missing(err, path, "vectors")
	}
	r := &Rows{f: f}
	rows, err := r.open(path, name)
	if err == nil && rows != len(r.IDs) {
		err = fmt.Errorf("%s has %d vectors, but %s.ids has %d ids; they belong to different runs", path, rows, name, len(r.IDs))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

func (r *Rows) open(path, name string) (rows int, err error) {
	info, err := r.f.Stat()
	if err != nil {
		return 0, err
	}
	if r.layout, err = openNPY(r.f, info.Size(), path); err != nil {
		return 0, err
	}
	r.Dim = r.layout.dim
	if r.layout.fortran { // the values of a vector lie far apart
		if r.data, err = r.layout.read(r.f); err != nil {
			return 0, fmt.Errorf("reading %s: %w", path, err)
		}
	}
	r.IDs, err = ReadIDs(name + ".ids")
	return r.layout.rows, err
}

// Read copies vector i into dst of Dim values.
func (r *Rows) Read(i int, dst []float32) error {
	if i < 0 || i >= len(r.IDs) || len(dst) != r.Dim {
		return fmt.Errorf("%s has no vector %d of %d values", r.f.Name(), i, len(dst))
	}
	if r.data != nil {
		copy(dst, r.data[i*r.Dim:])
		return nil
	}
	size := int64(r.Dim) * int64(r.layout.number.size)
	if r.layout.number.plain {
		_, err := r.f.ReadAt(asBytes(dst), r.layout.start+int64(i)*size)
		return err
	}
	raw := make([]byte, size)
	if _, err := r.f.ReadAt(raw, r.layout.start+int64(i)*size); err != nil {
		return err
	}
	r.layout.number.values(dst, raw)
	return nil
}

// Close closes the file.
func (r *Rows) Close() error { return r.f.Close() }
