package vectors

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
)

// maxID bounds a line of an .ids file.
const maxID = 1 << 20

// ReadIDs reads a file of ids, one a line, however it was saved: with a byte order mark or
// without, in UTF-8 or UTF-16, with the line ends of any system. Spaces are part of an id.
// Empty lines at the end are none; others, and an id that stands twice, are errors that
// name the line.
func ReadIDs(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, missing(err, path, "ids")
	}
	defer f.Close()
	ids, err := scanIDs(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ids, nil
}

func scanIDs(r io.Reader) ([]string, error) {
	var ids []string
	seen := map[string]int{}
	lines := bufio.NewScanner(plaintext.Reader(r))
	lines.Buffer(nil, maxID)
	line, empty := 0, 0 // empty is the first of the empty lines that no id has followed yet
	for lines.Scan() {
		line++
		id := strings.TrimRight(lines.Text(), "\r")
		if id == "" {
			if empty == 0 {
				empty = line
			}
			continue
		}
		if err := checkID(id); err != nil {
			return nil, fmt.Errorf("line %d %w", line, err)
		}
		if empty > 0 {
			return nil, fmt.Errorf("line %d is empty", empty)
		}
		if at, twice := seen[id]; twice {
			return nil, fmt.Errorf("the id %s stands on the lines %d and %d", id, at, line)
		}
		seen[id] = line
		ids = append(ids, id)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w; an id has at most %d bytes", line+1, err, maxID)
	}
	return ids, nil
}

// checkID says what is wrong with the text of an id.
func checkID(id string) error {
	switch {
	case strings.IndexByte(id, 0) >= 0:
		return errors.New("has a zero byte: it is no text of one id a line")
	case utf8.ValidString(id):
		return nil
	case plaintext.LooksLatin1(id):
		return errors.New("is not UTF-8, but perhaps Latin-1 (Windows-1252): save the file as UTF-8")
	}
	return errors.New("is not UTF-8: save the file as UTF-8")
}
