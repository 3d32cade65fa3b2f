package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/table"
)

// Fields reads the other columns of photos.csv, those that [Photo] does not have: for each photo, by its id, the values
// that are not empty, by the column's name; nil where all are. Bad rows, which the catalogue was opened without, are
// left out. A catalogue without a file has none.
func (c *Catalog) Fields() (map[string]map[string]string, error) {
	path := filepath.Join(c.Dir, PhotosFile)
	if _, err := os.Stat(path); c.Dir == "" || errors.Is(err, os.ErrNotExist) {
		return nil, nil // photos of folders
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := openTable(f, PhotosFile, photoColumns)
	if err != nil {
		return nil, err
	}
	wanted := []string{t.Header()[t.Field(0)]}
	for i, name := range t.Header() {
		known := slices.ContainsFunc(photoColumns, func(p string) bool { return t.Field(slices.Index(photoColumns, p)) == i })
		if !known && strings.TrimSpace(name) != "" {
			wanted = append(wanted, name)
		}
	}
	if len(wanted) == 1 {
		return nil, nil
	}
	t.Select(wanted)
	if twice := t.Twice(); twice != "" {
		return nil, fmt.Errorf("%s has two columns %s: rename one", PhotosFile, twice)
	}
	out, shared, row := map[string]map[string]string{}, interner{}, make([]string, len(wanted))
	for {
		err := t.Read(row)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if errors.Is(err, table.ErrRead) {
			return nil, fmt.Errorf("%s after line %d: %w", PhotosFile, t.Line(), err)
		}
		if _, twice := out[row[0]]; twice || err != nil || table.CheckUTF8(row...) != nil {
			continue // a bad row, which Open told of, or whose id another has
		}
		var fields map[string]string
		for i, value := range row[1:] {
			if value == "" {
				continue
			}
			if fields == nil {
				fields = map[string]string{}
			}
			fields[wanted[1+i]] = shared.one(value)
		}
		out[row[0]] = fields
	}
}
