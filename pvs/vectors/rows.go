package vectors

import (
	"fmt"
	"io"
	"os"
)

// Rows reads single vectors of a set from its file, for sets that are larger than the
// memory. It is safe for concurrent use.
type Rows struct {
	IDs []string
	Dim int
	// Origin says what made the vectors; nil where it is not known.
	Origin *Origin
	f      *os.File
	layout npyLayout
	data   []float32 // all values, of a file that has them column by column; else nil
	name   string
	note   *sidecar
}

// OpenRows opens NAME.npy and reads NAME.ids. By NAME.json, if it is there, ids and
// dimension are checked, and the values by [Rows.Verify]. What is read later is of the
// set as it was then, also if another process writes it anew.
func OpenRows(name string) (r *Rows, err error) {
	name = base(name)
	err = steady(name, func() error {
		if r != nil {
			_ = r.Close() // of a set that there is no more
		}
		r, err = openRows(name)
		return err
	})
	return r, err
}

func openRows(name string) (*Rows, error) {
	path := name + ".npy"
	f, err := os.Open(path)
	if err != nil {
		return nil, missing(err, path, "vectors")
	}
	r := &Rows{f: f, name: name}
	rows, err := r.open(path, name)
	if err == nil && rows != len(r.IDs) {
		err = fmt.Errorf("%s has %d vectors, but %s.ids has %d ids; they belong to different runs",
			path, rows, name, len(r.IDs))
	}
	if err == nil {
		r.note, err = readSidecar(name)
	}
	if err == nil {
		err = r.note.fits(name, rows, r.Dim, r.IDs, "")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	r.Origin = r.note.origin()
	return r, nil
}

// Key is the key of the [Writer] that made the set; "" where it is not known.
func (r *Rows) Key() string {
	if r.note == nil {
		return ""
	}
	return r.note.Key
}

// values reads all values.
func (r *Rows) values() io.Reader {
	return io.NewSectionReader(r.f, r.layout.start, int64(len(r.IDs))*int64(r.Dim)*int64(r.layout.number.size))
}

// Verify reads all values and compares them with the checksum of NAME.json, if it is there.
func (r *Rows) Verify() error {
	if r.note == nil {
		return nil
	}
	sum, err := checksumOf(r.values())
	if err != nil {
		return fmt.Errorf("reading %s.npy: %w", r.name, err)
	}
	return r.note.fits(r.name, len(r.IDs), r.Dim, r.IDs, sum)
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
