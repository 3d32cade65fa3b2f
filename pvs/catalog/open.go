package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/table"
)

// openTable finds the wanted columns of a catalogue's file.
func openTable(r io.Reader, name string, wanted []string) (*table.Reader, error) {
	t, err := table.Open(r, name)
	if errors.Is(err, table.ErrEmpty) {
		return nil, fmt.Errorf("%s is empty: its first line should be %s", name, strings.Join(wanted, ","))
	}
	if err != nil {
		return nil, err
	}
	if missing := t.Select(wanted); missing != nil {
		return nil, fmt.Errorf("%s lacks the column %s: its first line should be %s", name, strings.Join(missing, " and "),
			strings.Join(wanted, ","))
	}
	if twice := t.Twice(); twice != "" {
		return nil, fmt.Errorf("%s has two columns %s: rename the one that is not meant", name, twice)
	}
	return t, nil
}

// openFile opens a file of a catalogue.
func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s in %s", filepath.Base(path), filepath.Dir(path))
	}
	return f, err
}
