package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/table"
)

// Truth returns for each query the index photos that show the same product: from
// truth.csv where the folder has one, whose ids must be photos of the catalogue, else
// those of the same non-empty product. A query without any is in the map with an empty
// list. A photo is never its own match.
func (c *Catalog) Truth() (map[string][]string, error) {
	path := filepath.Join(c.Dir, TruthFile)
	// Lstat: a truth.csv that cannot be read is an error, not a reason for another truth.
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		given, problems, err := readTruthFile(path, c.opts, c.knows())
		for _, p := range problems { // a second call finds the same ones
			if !slices.ContainsFunc(c.Skipped, func(had Problem) bool { return had.Where == p.Where }) {
				c.Skipped = append(c.Skipped, p)
			}
		}
		if err != nil {
			return nil, err
		}
		for query, list := range given { // within a catalogue the same id is the same photo
			others := slices.DeleteFunc(list, func(id string) bool { return id == query })
			if given[query] = others; len(others) == 0 {
				given[query] = nil
			}
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

// knows returns a check that a pair of truth.csv names photos of the catalogue: a
// mistyped id could never be found and would lower every score unseen.
func (c *Catalog) knows() func(query, index string) error {
	split := make(map[string]Split, len(c.Photos))
	for _, p := range c.Photos {
		split[p.ID] = p.Split
	}
	return func(query, index string) error {
		if split[query] != Query {
			return fmt.Errorf("the catalogue has no photo %q in the split query", query)
		}
		if query != index && split[index] != Index {
			return fmt.Errorf("the catalogue has no photo %q in the split index", index)
		}
		return nil
	}
}

// ReadTruth reads a CSV file with the columns query and index, a row for each pair. A pair
// of the same id twice is kept: queries and index may have ids of their own.
func ReadTruth(path string, opts Options) (map[string][]string, []Problem, error) {
	return readTruthFile(path, opts, func(query, index string) error { return nil })
}

func readTruthFile(path string, opts Options,
	check func(query, index string) error) (map[string][]string, []Problem, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the truth: %w", err)
	}
	defer f.Close()
	name := filepath.Base(path)
	truth, problems, err := readTruth(f, name, check)
	if err == nil && len(problems) > 0 && !opts.SkipBad {
		err = refuse(name, problems)
	}
	return truth, problems, err
}

func readTruth(r io.Reader, name string,
	check func(query, index string) error) (map[string][]string, []Problem, error) {
	t, err := openTable(r, name, []string{"query", "index"})
	if err != nil {
		return nil, nil, err
	}
	t.IsRow = func([]string) bool { return true } // an id has no line break
	truth := map[string][]string{}
	seen := map[[2]string]bool{}
	var problems []Problem
	field := make([]string, 2)
	for {
		err := t.Read(field)
		if errors.Is(err, io.EOF) {
			return truth, problems, nil
		}
		if errors.Is(err, table.ErrRead) {
			return nil, nil, fmt.Errorf("%s after line %d: %w", name, t.Line(), err)
		}
		pair := [2]string{field[0], field[1]}
		if err == nil {
			err = table.CheckUTF8(pair[:]...)
		}
		switch {
		case err != nil:
		case pair[0] == "" || pair[1] == "":
			err = errors.New("the query or the index id is empty")
		case seen[pair]:
			err = fmt.Errorf("the pair %s, %s is there already", pair[0], pair[1])
		default:
			err = check(pair[0], pair[1])
		}
		if err != nil {
			problems = append(problems, Problem{Where: fmt.Sprintf("%s line %d", name, t.Line()), Err: err})
			continue
		}
		seen[pair] = true
		truth[pair[0]] = append(truth[pair[0]], pair[1])
	}
}
