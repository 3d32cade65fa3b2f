package vectors

import (
	"fmt"
	"os"
)

// Rows reads single vectors of a set from its file, for sets that are larger than the
// memory. It is safe for concurrent use.
type Rows struct {
	IDs   []string
	Dim   int
	f     *os.File
	start int64
}

// OpenRows opens NAME.npy and reads NAME.ids. What is read later is of the set as it was
// then, also if another process writes it anew.
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
	if rows, r.Dim, r.start, err = parseNPY(r.f); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	info, err := r.f.Stat()
	if err != nil {
		return 0, err
	}
	if want := r.start + int64(rows)*int64(r.Dim)*4; info.Size() != want {
		return 0, fmt.Errorf("%s: %d vectors of dimension %d need %d bytes, but it has %d; it is cut off or damaged", path, rows, r.Dim, want, info.Size())
	}
	r.IDs, err = readIDs(name + ".ids")
	return rows, err
}

// Read copies vector i into dst of Dim values.
func (r *Rows) Read(i int, dst []float32) error {
	if i < 0 || i >= len(r.IDs) || len(dst) != r.Dim {
		return fmt.Errorf("%s has no vector %d of %d values", r.f.Name(), i, len(dst))
	}
	_, err := r.f.ReadAt(asBytes(dst), r.start+int64(i)*int64(r.Dim)*4)
	return err
}

// Close closes the file.
func (r *Rows) Close() error { return r.f.Close() }
