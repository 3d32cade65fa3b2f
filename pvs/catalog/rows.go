package catalog

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is something wrong at one place of a file.
type Problem struct {
	Where string // "photos.csv line 12 (photo p17)"
	Err   error
}

// String is the problem as one line.
func (p Problem) String() string { return p.Where + ": " + p.Err.Error() }

// maxLine bounds one record, so that a stray quote cannot swallow a large file.
const maxLine = 1 << 20

// rows reads a CSV file with a header record by record. A record ends at its line's
// end unless a quote is open there; a record that does not parse is given up at its
// own first line's end, so that the next line is read as a record again. So is one
// whose quoted text holds a line that is a record of its own: RFC 4180 allows it, but
// a missing quote is what makes it.
type rows struct {
	name    string
	reader  *bufio.Reader
	line    int // of the last record's first line
	next    int // of the next record
	pending []byte
	columns []int         // where the wanted columns are in the file
	width   int           // columns in the file
	quoted  *bufio.Reader // lent to csv.NewReader, which would make its own for each record
	// isRow says whether a line inside of an open quote is a record of its own, which
	// shows that the quote was never meant to span lines.
	isRow func(fields []string) bool
}

// openRows reads the header of a CSV file and finds the wanted columns.
func openRows(r io.Reader, name string, wanted []string) (*rows, error) {
	rs := &rows{name: name, reader: bufio.NewReaderSize(r, 1<<16), next: 1, quoted: bufio.NewReader(nil)}
	if bom, err := rs.reader.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = rs.reader.Discard(3) // Peek has shown that they are there
	}
	header, err := rs.record()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty: its first line should be %s", name, strings.Join(wanted, ","))
	}
	if err != nil {
		return nil, fmt.Errorf("%s line 1: %w", name, err)
	}
	rs.width = len(header)
	var missing []string
	for _, w := range wanted {
		i := slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == w })
		if i < 0 {
			missing = append(missing, w)
		}
		rs.columns = append(rs.columns, i)
	}
	if missing != nil {
		return nil, fmt.Errorf("%s lacks the column %s: its first line should be %s", name, strings.Join(missing, " and "), strings.Join(wanted, ","))
	}
	return rs, nil
}

// read returns the wanted columns of the next record, in the order they were asked
// for. The slice is used again. A *Problem error leaves the reader usable.
func (rs *rows) read(into []string) error {
	record, err := rs.record()
	if err == nil && len(record) != rs.width {
		err = fmt.Errorf("it has %d fields, not the header's %d", len(record), rs.width)
	}
	if err != nil {
		return err
	}
	for i, c := range rs.columns {
		into[i] = record[c]
	}
	return nil
}

// checkUTF8 says whether the fields of a row can be read everywhere.
func checkUTF8(fields ...string) error {
	for _, f := range fields {
		if !utf8.ValidString(f) {
			return errors.New("it is not UTF-8; save the file as UTF-8")
		}
	}
	return nil
}

// errRead marks an error of the disk, after which there is nothing to go on with.
var errRead = errors.New("reading failed")

// physicalLine returns the next line with its end; io.EOF after the last.
func (rs *rows) physicalLine() ([]byte, error) {
	if rs.pending != nil {
		i := bytes.IndexByte(rs.pending, '\n') + 1
		if i == 0 {
			i = len(rs.pending)
		}
		line := rs.pending[:i]
		if rs.pending = rs.pending[i:]; len(rs.pending) == 0 {
			rs.pending = nil
		}
		return line, nil
	}
	line, err := rs.reader.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", errRead, err)
	}
	if len(line) == 0 {
		return nil, io.EOF
	}
	return line, nil
}

// record returns the next record's fields.
func (rs *rows) record() ([]string, error) {
	for {
		first, err := rs.physicalLine()
		if err != nil {
			return nil, err
		}
		rs.line = rs.next
		rs.next++
		if len(bytes.TrimRight(first, "\r\n")) == 0 {
			continue
		}
		text, lines := first, 1
		swallowed := 0 // the first line within the quote that is a record of its own
		for open := oddQuotes(first); open && len(text) < maxLine; {
			more, err := rs.physicalLine()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			if lines == 1 {
				text = slices.Clip(text) // first may lie in pending, which is not ours to write on
			}
			text = append(text, more...)
			if oddQuotes(more) {
				open = false
			}
			if swallowed == 0 && rs.startsRow(more) {
				swallowed = rs.line + lines
			}
			lines++
		}
		fields, err := rs.parse(text)
		if err == nil && swallowed > 0 {
			err = fmt.Errorf("a quote is broken (line %d, a row of its own, lies inside of it)", swallowed)
		}
		if err != nil {
			// Only the first line is lost; the others may be records of their own.
			if rest := text[len(first):]; len(rest) > 0 {
				rs.pending = append(slices.Clone(rest), rs.pending...)
			}
			return nil, err
		}
		rs.next += lines - 1
		return fields, nil
	}
}

// oddQuotes says whether a line opens or closes a quote.
func oddQuotes(line []byte) bool { return bytes.Count(line, []byte{'"'})%2 == 1 }

// startsRow says whether a line within an open quote is a record by itself. Only what
// stands before its first quote tells: behind it, the open quote may have ended and the
// rest of the outer record follows.
func (rs *rows) startsRow(line []byte) bool {
	if rs.isRow == nil || bytes.Count(line, []byte{','})+1 < rs.width {
		return false
	}
	within, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte{'"'})
	return rs.isRow(strings.Split(string(within), ","))
}

// parse reads one record; most have no quote and are simply cut at their commas.
func (rs *rows) parse(text []byte) ([]string, error) {
	if bytes.IndexByte(text, '"') < 0 {
		return strings.Split(strings.TrimRight(string(text), "\r\n"), ","), nil
	}
	rs.quoted.Reset(bytes.NewReader(text))
	r := csv.NewReader(rs.quoted)
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	var p *csv.ParseError
	if errors.As(err, &p) {
		return nil, fmt.Errorf("a quote is broken (%w)", p.Err)
	}
	if err != nil {
		return nil, err
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		return nil, errors.New("a quote is broken")
	}
	return fields, nil
}

// openFile opens a file of a catalogue.
func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s in %s", filepath.Base(path), filepath.Dir(path))
	}
	return f, err
}
