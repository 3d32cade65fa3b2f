package planted

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// File lists the plants in the spoiled catalogue's folder.
const File = "planted.csv"

// ErrNoList marks errors about a list of planted causes that is not there, for errors.Is.
var ErrNoList = errors.New("there is no list of planted causes")

var columns = []string{"cause", "query", "other"}

// writeList writes a list, whole or not at all.
func writeList(path string, made []Plant) error {
	return wholefile.CSV(path, columns, func(yield func([]string) bool) {
		for _, p := range made {
			if !yield([]string{string(p.Kind), p.Query, p.Other}) {
				return
			}
		}
	})
}

// Read reads a list that [Spoil] wrote.
func Read(path string) ([]Plant, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoList, err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = len(columns)
	if header, err := r.Read(); err != nil || !slices.Equal(header, columns) {
		return nil, fmt.Errorf("%w: %s should begin with the line %s", ErrNoList, path, strings.Join(columns, ","))
	}
	var list []Plant
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the planted causes in %s: %w", path, err)
		}
		list = append(list, Plant{Kind(row[0]), row[1], row[2]})
	}
}
