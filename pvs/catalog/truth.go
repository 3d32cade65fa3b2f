package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Truth returns for each query the index photos that show the same product: from
// truth.csv where the folder has one, else those of the same non-empty product. A
// query without any is in the map with an empty list. A photo is never its own match.
func (c *Catalog) Truth() (map[string][]string, error) {
	path := filepath.Join(c.Dir, TruthFile)
	if _, err := os.Stat(path); err == nil {
		given, problems, err := ReadTruth(path, c.opts)
		c.Skipped = append(c.Skipped, problems...)
		if err != nil {
			return nil, err
		}
		for _, p := range c.Split(Query) {
			if _, ok := given[p.ID]; !ok {
				given[p.ID] = nil
			}
		}
		return given, nil
	}
	index := map[string][]string{}
	for _, p := range c.Photos {
		if p.Split == Index && p.Product != "" {
			index[p.Product] = append(index[p.Product], p.ID)
		}
	}
	truth := map[string][]string{}
	for _, p := range c.Photos {
		if p.Split == Query {
			truth[p.ID] = index[p.Product]
		}
	}
	return truth, nil
}

// ReadTruth reads a CSV file with the columns query and index, a row for each pair.
func ReadTruth(path string, opts Options) (map[string][]string, []Problem, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the truth: %w", err)
	}
	defer f.Close()
	name := filepath.Base(path)
	truth, problems, err := readTruth(f, name)
	if err == nil && len(problems) > 0 && !opts.SkipBad {
		err = refuse(name, problems)
	}
	return truth, problems, err
}

func readTruth(r io.Reader, name string) (map[string][]string, []Problem, error) {
	rs, err := openRows(r, name, []string{"query", "index"})
	if err != nil {
		return nil, nil, err
	}
	truth := map[string][]string{}
	var problems []Problem
	field := make([]string, 2)
	for {
		err := rs.read(field)
		switch {
		case errors.Is(err, io.EOF):
			return truth, problems, nil
		case errors.Is(err, errRead):
			return nil, nil, err
		case err == nil && (field[0] == "" || field[1] == ""):
			err = errors.New("the query or the index id is empty")
		case err == nil && slices.Contains(truth[field[0]], field[1]):
			err = fmt.Errorf("the pair %s, %s is there already", field[0], field[1])
		}
		if err != nil {
			problems = append(problems, Problem{Where: fmt.Sprintf("%s line %d", name, rs.line), Err: err})
			continue
		}
		if field[0] != field[1] {
			truth[field[0]] = append(truth[field[0]], field[1])
		}
	}
}
