package exchange

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// parquetRow is the schema that is written.
type parquetRow struct {
	ID     string    `parquet:"id"`
	Vector []float32 `parquet:"vector,list"`
}

// groupBytes bounds the values of a row group, which is in memory as a whole.
const groupBytes = 64 << 20

func toParquet(ctx context.Context, in, out string, opts Options) (Summary, error) {
	rows, origin, err := openRows(in)
	if err != nil {
		return Summary{}, err
	}
	defer rows.Close()
	lock, err := onewriter.Lock(out)
	if err != nil {
		return Summary{}, err
	}
	defer lock.Release()
	if err := opts.replacingParquet(out, rows.Origin); err != nil {
		return Summary{}, err
	}
	wholefile.Sweep(out)
	group := int64(max(1, groupBytes/(4*rows.Dim)))
	err = wholefile.Write(out, func(file io.Writer) error {
		w := parquet.NewGenericWriter[parquetRow](file, parquet.MaxRowsPerRowGroup(group))
		if origin != nil {
			w.SetKeyValueMetadata(originKey, string(origin))
		}
		row := []parquetRow{{Vector: make([]float32, rows.Dim)}}
		for i, id := range rows.IDs {
			if err := ctx.Err(); err != nil {
				return err
			}
			row[0].ID = id
			if err := rows.Read(i, row[0].Vector); err != nil {
				return err
			}
			if err := finite(row[0].Vector); err != nil {
				return fmt.Errorf("vector %d (%s): %w", i, id, err)
			}
			if _, err := w.Write(row); err != nil {
				return err
			}
			opts.Progress(i+1, len(rows.IDs))
		}
		return w.Close()
	})
	return Summary{Vectors: len(rows.IDs), Dim: rows.Dim, Origin: rows.Origin}, err
}

// replacingParquet says what vectors a Parquet file holds that others replace; one that this
// program did not write is an error.
func (o Options) replacingParquet(path string, by *vectors.Origin) error {
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	others := fmt.Errorf("%s is there and not of pvs: remove it, or name another output", path)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	file, err := openParquet(f)
	if err != nil {
		return others
	}
	text, ok := file.Lookup(originKey)
	if !ok && !strings.HasPrefix(file.Metadata().CreatedBy, "github.com/parquet-go/") {
		return others
	}
	had, err := vectors.UnmarshalOrigin([]byte(text))
	if err != nil {
		return others
	}
	o.replacing(vectors.Replaced(path, had, by))
	return nil
}

// openParquet reads a file's metadata.
func openParquet(f *os.File) (file *parquet.File, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	defer func() { // the library panics on some damaged files
		if p := recover(); p != nil {
			err = fmt.Errorf("%s is a damaged Parquet file (%v); write it again", f.Name(), p)
		}
	}()
	if err := footer(f, info.Size()); err != nil {
		return nil, fmt.Errorf("%s %w", f.Name(), err)
	}
	if file, err = parquet.OpenFile(f, info.Size()); err != nil {
		return nil, fmt.Errorf("%s is no whole Parquet file: %w", f.Name(), err)
	}
	return file, nil
}

// originKey names what made the vectors among a Parquet file's metadata.
const originKey = "pvs.origin"

// parquetSource is a Parquet file with a column id, of text or whole numbers, and a
// column vector, a list of floats.
type parquetSource struct {
	path string
	from *vectors.Origin
}

func (s *parquetSource) files() []string { return []string{s.path} }

func (s *parquetSource) origin() *vectors.Origin { return s.from }

func (s *parquetSource) each(yield func(v vector) error) (err error) {
	f, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("opening vectors: %w", err)
	}
	defer f.Close()
	defer func() { // the library panics on some damaged files
		if p := recover(); p != nil {
			err = fmt.Errorf("%s is a damaged Parquet file (%v); write it again", s.path, p)
		}
	}()
	file, err := openParquet(f)
	if err != nil {
		return err
	}
	if text, ok := file.Lookup(originKey); ok {
		if s.from, err = vectors.UnmarshalOrigin([]byte(text)); err != nil {
			return fmt.Errorf("%s should say by its metadata %q what made its vectors, but %w; write it again", s.path,
				originKey, err)
		}
	}
	r := &rowReader{total: int(file.NumRows()), yield: yield}
	if err := s.columns(file, r); err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	for _, group := range file.RowGroups() {
		if group.NumRows() == 0 {
			continue // the library finds no page to start from
		}
		if err := r.group(group); err != nil {
			var own yielded
			if errors.As(err, &own) {
				return own.error
			}
			return fmt.Errorf("reading %s: %w; write it again", s.path, err)
		}
	}
	return nil
}

// footer makes sure that the metadata is as long as the file's last bytes claim, which
// the library believes and allocates: up to 4 GB.
func footer(f io.ReaderAt, size int64) error {
	const magic, around = "PAR1", 12 // the magic at both ends and the length
	var tail [8]byte
	if size < around {
		return errors.New("is no Parquet file: it is too short")
	}
	if _, err := f.ReadAt(tail[:], size-int64(len(tail))); err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if string(tail[4:]) != magic {
		return errors.New("does not end as a Parquet file: it is none, or cut off")
	}
	if n := int64(binary.LittleEndian.Uint32(tail[:4])); n > size-around {
		return fmt.Errorf("is damaged: its metadata claims %d bytes of a file of %d; write it again", n, size)
	}
	return nil
}

// columns finds the columns and how their values are read.
func (s *parquetSource) columns(file *parquet.File, r *rowReader) (err error) {
	if r.id, err = leafNamed(file, "id"); err == nil {
		r.values, err = leafNamed(file, "vector")
	}
	if err != nil {
		return err
	}
	if r.id.MaxRepetitionLevel() > 0 {
		return errors.New("the column id is of lists; text or whole numbers are wanted")
	}
	if r.idOf, err = idReader(r.id); err != nil {
		return fmt.Errorf("the column id cannot be read: %w; text or whole numbers are wanted", err)
	}
	if r.values.MaxRepetitionLevel() > 1 {
		return errors.New("the column vector is of lists of lists; a list of floats is wanted")
	}
	if r.floatOf, err = valueReader(file, r.values); err != nil {
		return fmt.Errorf("the column vector cannot be read: %w", err)
	}
	return nil
}

// leafNamed finds a column by its name, else by its name in other letters' case, and goes
// down to its values.
func leafNamed(file *parquet.File, name string) (*parquet.Column, error) {
	columns := file.Root().Columns()
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var found []*parquet.Column
		for _, c := range columns {
			if same(c.Name(), name) {
				found = append(found, c)
			}
		}
		if len(found) > 1 {
			return nil, fmt.Errorf("it has %d columns %s; rename those that are not meant", len(found), name)
		}
		if len(found) == 0 {
			continue
		}
		leaf := found[0]
		for !leaf.Leaf() && len(leaf.Columns()) == 1 {
			leaf = leaf.Columns()[0]
		}
		if !leaf.Leaf() {
			return nil, fmt.Errorf("the column %s has several columns in it (%s)", name, strings.Join(columnNames(leaf), ", "))
		}
		return leaf, nil
	}
	return nil, fmt.Errorf("it has the columns %q; id and vector are wanted: rename them", columnNames(file.Root()))
}

// columnNames are all columns with those within them: row.id.
func columnNames(c *parquet.Column) (names []string) {
	for _, in := range c.Columns() {
		names = append(names, in.Name())
		if strings.Contains(strings.Join(in.Path(), "."), ".list") || in.Leaf() {
			continue
		}
		for _, deeper := range in.Columns() {
			if deeper.Name() != "list" && deeper.Name() != "bag" && !deeper.Repeated() {
				names = append(names, in.Name()+"."+deeper.Name())
			}
		}
	}
	return names
}

// yielded is an error of yield's own.
type yielded struct{ error }

// rowReader yields the rows of row groups.
type rowReader struct {
	id, values  *parquet.Column
	idOf        func(parquet.Value) (string, error)
	floatOf     func(parquet.Value) float32
	done, total int
	yield       func(v vector) error
	vector      []float32
}

func (r *rowReader) group(group parquet.RowGroup) error {
	rows := group.Rows()
	defer rows.Close()
	buf := make([]parquet.Row, 64)
	for {
		n, err := rows.ReadRows(buf)
		for _, row := range buf[:n] {
			r.done++
			if err := r.yield(r.row(row)); err != nil {
				return yielded{err}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// row takes the id and the vector of a row.
func (r *rowReader) row(row parquet.Row) vector {
	v := vector{row: r.done - 1, done: r.done, total: r.total}
	r.vector = r.vector[:0]
	for _, value := range row {
		switch value.Column() {
		case r.id.Index():
			if !value.IsNull() {
				var err error
				if v.id, err = r.idOf(value); err != nil {
					v.bad = fmt.Errorf("the id of row %d: %w", r.done-1, err)
				}
			}
		case r.values.Index():
			switch {
			case !value.IsNull():
				r.vector = append(r.vector, r.floatOf(value))
			case r.values.Optional() && value.DefinitionLevel() == r.values.MaxDefinitionLevel()-1:
				v.bad = fmt.Errorf("the vector of row %d has an empty place", r.done-1)
			} // else there is no list, or one without values
		}
	}
	v.values = r.vector
	return v
}
