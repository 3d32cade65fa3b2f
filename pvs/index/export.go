package index

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Export writes all of an index for other programs, and for another index: the vectors dir/index.npy with
// dir/index.ids, and a catalogue dir/photos.csv with every column, in the order in which the photos were added. All is
// of one state.
func (s *Snapshot) Export(ctx context.Context, dir string) error {
	w, err := vectors.OpenWriter(filepath.Join(dir, "index"), s.ix.dim, fmt.Sprintf("index %s %d", s.ix.name, s.state))
	if err != nil {
		return err
	}
	if o := s.ix.origin; o != nil {
		w.Describe(*o)
	}
	err = s.exportVectors(ctx, w)
	if err == nil {
		err = s.exportPhotos(ctx, dir)
	}
	if err != nil {
		if failed := w.Suspend(); failed != nil {
			return failed
		}
		return err
	}
	return w.Close()
}

func (s *Snapshot) exportVectors(ctx context.Context, w *vectors.Writer) error {
	return s.Vectors(ctx, len(w.Done()), w.Append) // those that are done are of an export that was interrupted
}

func (s *Snapshot) exportPhotos(ctx context.Context, dir string) error {
	fields, err := s.FieldNames(ctx)
	if err != nil {
		return err
	}
	columns := []string{"photo", "path", "split", "product", "category", "title", "digest"}
	for _, name := range columns {
		fields = slices.DeleteFunc(fields, func(f string) bool { return f == name })
	}
	slices.Sort(fields)
	return wholefile.Write(filepath.Join(dir, catalog.PhotosFile), func(to io.Writer) error {
		out := csv.NewWriter(to)
		if err := out.Write(append(columns, fields...)); err != nil {
			return err
		}
		err := s.ask(func(q queryer) error {
			return each(ctx, q, func(r *sql.Rows) error {
				_, p, err := scanPhoto(r.Scan)
				if err != nil {
					return err
				}
				row := []string{p.ID, p.Path, string(catalog.Index), p.Product, string(p.Category), p.Title, p.Digest}
				for _, f := range fields {
					row = append(row, p.Fields[f])
				}
				return out.Write(row)
			}, "SELECT "+photoColumns+" FROM list ORDER BY key")
		})
		out.Flush()
		if err == nil {
			err = out.Error()
		}
		return err
	})
}
