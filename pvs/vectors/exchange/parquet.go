package exchange

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

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
	rows, err := vectors.OpenRows(in)
	if err != nil {
		return Summary{}, err
	}
	defer rows.Close()
	lock, err := onewriter.Lock(out)
	if err != nil {
		return Summary{}, err
	}
	defer lock.Release()
	wholefile.Sweep(out)
	group := int64(max(1, groupBytes/(4*rows.Dim)))
	err = wholefile.Write(out, func(file io.Writer) error {
		w := parquet.NewGenericWriter[parquetRow](file, parquet.MaxRowsPerRowGroup(group))
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
	return Summary{Vectors: len(rows.IDs), Dim: rows.Dim}, err
}

// parquetSource is a Parquet file with a column id, of text or whole numbers, and a
// column vector, a list of floats.
type parquetSource struct{ path string }

func (s *parquetSource) files() []string { return []string{s.path} }

func (s *parquetSource) each(yield func(v vector) error) (err error) {
	f, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("opening vectors: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	defer func() { // the library panics on some damaged files
		if p := recover(); p != nil {
			err = fmt.Errorf("%s is a damaged Parquet file (%v); write it again", s.path, p)
		}
	}()
	if err := footer(f, info.Size()); err != nil {
		return fmt.Errorf("%s %w", s.path, err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s is no whole Parquet file: %w", s.path, err)
	}
	id, values, err := s.columns(file)
	if err != nil {
		return err
	}
	r := &rowReader{id: id, values: values, total: int(file.NumRows()), yield: yield}
	for _, group := range file.RowGroups() {
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
// the library believes and makes room for: up to 4 GB.
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

// columns finds the leaves.
func (s *parquetSource) columns(file *parquet.File) (id, values *parquet.Column, err error) {
	var names []string
	for _, c := range file.Root().Columns() {
		names = append(names, c.Name())
		leaf := c
		for !leaf.Leaf() && len(leaf.Columns()) == 1 {
			leaf = leaf.Columns()[0]
		}
		switch {
		case !leaf.Leaf():
		case c.Name() == "id":
			id = leaf
		case c.Name() == "vector":
			values = leaf
		}
	}
	if id == nil || values == nil {
		return nil, nil, fmt.Errorf("%s has the columns %q; id and vector are wanted", s.path, names)
	}
	if k := id.Type().Kind(); !slices.Contains([]parquet.Kind{parquet.ByteArray, parquet.Int32, parquet.Int64}, k) || id.MaxRepetitionLevel() > 0 {
		return nil, nil, fmt.Errorf("%s: the column id is of %s; text or whole numbers are wanted", s.path, k)
	}
	if k := values.Type().Kind(); k != parquet.Float && k != parquet.Double || values.MaxRepetitionLevel() != 1 {
		return nil, nil, fmt.Errorf("%s: the column vector is no list of floats", s.path)
	}
	return id, values, nil
}

// yielded is an error of yield's own.
type yielded struct{ error }

// rowReader yields the rows of row groups.
type rowReader struct {
	id, values  *parquet.Column
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
	v := vector{done: r.done, total: r.total}
	r.vector = r.vector[:0]
	for _, value := range row {
		switch value.Column() {
		case r.id.Index():
			if !value.IsNull() {
				v.id = value.String()
			}
		case r.values.Index():
			switch {
			case value.IsNull() && value.DefinitionLevel() < r.values.MaxDefinitionLevel()-1:
				// No list, or one without values.
			case value.IsNull():
				v.bad = fmt.Errorf("the vector of row %d has an empty place", r.done-1)
			case r.values.Type().Kind() == parquet.Double:
				r.vector = append(r.vector, float32(value.Double()))
			default:
				r.vector = append(r.vector, value.Float())
			}
		}
	}
	v.values = r.vector
	return v
}
