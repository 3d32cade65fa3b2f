package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxLine bounds one record, so that a stray quote cannot swallow a large file.
const maxLine = 1 << 20

// Reader reads a CSV file with a header record by record. A record ends at its line's
// end unless a quote is open there; a record that does not parse is given up at its
// own first line's end, so that the next line is read as a record again. So is one
// whose quoted text holds a line that is a record of its own: RFC 4180 allows it, but
// a missing quote is what makes it.
type Reader struct {
	// IsRow says whether a line inside of an open quote is a record of its own, which
	// shows that the quote was never meant to span lines; nil: none is.
	IsRow func(fields []string) bool

	reader  *bufio.Reader
	header  []string
	comma   byte
	line    int // of the last record's first line
	next    int // of the next record
	pending []byte
	columns []int         // where the selected columns are in the file
	quoted  *bufio.Reader // lent to csv.NewReader, which would make its own for each record
}

// ErrEmpty says that a file has not even a header.
var ErrEmpty = errors.New("the file is empty")

// Open reads the header of a CSV file; the name is for messages. The fields are
// separated by what separates the header's.
func Open(r io.Reader, name string) (*Reader, error) {
	t := &Reader{reader: bufio.NewReaderSize(r, 1<<16), comma: ',', next: 1, quoted: bufio.NewReader(nil)}
	start, _ := t.reader.Peek(3) // a shorter file is told by what follows
	switch {
	case bytes.HasPrefix(start, []byte("\ufeff")):
		_, _ = t.reader.Discard(3) // Peek has shown that they are there
	case bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, fmt.Errorf("%s is UTF-16; save it as UTF-8", name)
	}
	header, err := t.record()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	if err != nil {
		return nil, fmt.Errorf("%s line 1: %w", name, err)
	}
	for _, comma := range []string{";", "\t"} {
		if len(header) == 1 && strings.Contains(header[0], comma) {
			t.comma = comma[0]
			header = strings.Split(header[0], comma)
		}
	}
	for _, h := range header {
		t.header = append(t.header, strings.Trim(strings.TrimSpace(h), `"`))
	}
	return t, nil
}

// Header returns the columns' names.
func (t *Reader) Header() []string { return t.header }

// Line returns the number of the last record's first line, from 1.
func (t *Reader) Line() int { return t.line }

// Select says which columns [Reader.Read] returns, and returns those that the file
// lacks.
func (t *Reader) Select(wanted []string) (missing []string) {
	t.columns = t.columns[:0]
	for _, w := range wanted {
		i := slices.Index(t.header, w)
		if i < 0 {
			missing = append(missing, w)
		}
		t.columns = append(t.columns, i)
	}
	return missing
}

// Field returns the place of a selected column in a whole row, as IsRow gets it.
func (t *Reader) Field(selected int) int { return t.columns[selected] }

// Read copies the selected columns of the next record, in the order they were selected
// in. After an error other than io.EOF and [ErrRead] the next call goes on with the
// next line.
func (t *Reader) Read(into []string) error {
	record, err := t.record()
	if err == nil && len(record) != len(t.header) {
		err = fmt.Errorf("it has %d fields, not the header's %d", len(record), len(t.header))
	}
	if err != nil {
		return err
	}
	for i, c := range t.columns {
		into[i] = record[c]
	}
	return nil
}

// CheckUTF8 says whether the fields of a row can be read everywhere.
func CheckUTF8(fields ...string) error {
	for _, f := range fields {
		if !utf8.ValidString(f) {
			return errors.New("it is not UTF-8; save the file as UTF-8")
		}
	}
	return nil
}

// ErrRead marks an error of the disk, after which there is nothing to go on with.
var ErrRead = errors.New("reading failed")

// physicalLine returns the next line with its end; io.EOF after the last.
func (t *Reader) physicalLine() ([]byte, error) {
	if t.pending != nil {
		i := bytes.IndexByte(t.pending, '\n') + 1
		if i == 0 {
			i = len(t.pending)
		}
		line := t.pending[:i]
		if t.pending = t.pending[i:]; len(t.pending) == 0 {
			t.pending = nil
		}
		return line, nil
	}
	line, err := t.reader.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", ErrRead, err)
	}
	if len(line) == 0 {
		return nil, io.EOF
	}
	return line, nil
}

// record returns the next record's fields.
func (t *Reader) record() ([]string, error) {
	for {
		first, err := t.physicalLine()
		if err != nil {
			return nil, err
		}
		t.line = t.next
		t.next++
		if len(bytes.TrimRight(first, "\r\n")) == 0 {
			continue
		}
		text, lines := first, 1
		swallowed := 0 // the first line within the quote that is a record of its own
		for open := oddQuotes(first); open && len(text) < maxLine; {
			more, err := t.physicalLine()
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
			if swallowed == 0 && t.startsRow(more) {
				swallowed = t.line + lines
			}
			lines++
		}
		fields, err := t.parse(text)
		if err == nil && swallowed > 0 {
			err = fmt.Errorf("a quote is broken (line %d, a row of its own, lies inside of it)", swallowed)
		}
		if err != nil {
			// Only the first line is lost; the others may be records of their own.
			if rest := text[len(first):]; len(rest) > 0 {
				t.pending = append(slices.Clone(rest), t.pending...)
			}
			return nil, err
		}
		t.next += lines - 1
		return fields, nil
	}
}

// oddQuotes says whether a line opens or closes a quote.
func oddQuotes(line []byte) bool { return bytes.Count(line, []byte{'"'})%2 == 1 }

// startsRow says whether a line within an open quote is a record by itself. Only what
// stands before its first quote tells: behind it, the open quote may have ended and the
// rest of the outer record follows.
func (t *Reader) startsRow(line []byte) bool {
	if t.IsRow == nil || bytes.Count(line, []byte{t.comma})+1 < len(t.header) {
		return false
	}
	within, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte{'"'})
	return t.IsRow(strings.Split(string(within), string(t.comma)))
}

// parse reads one record; most have no quote and are simply cut at their commas.
func (t *Reader) parse(text []byte) ([]string, error) {
	if bytes.IndexByte(text, '"') < 0 {
		return strings.Split(strings.TrimRight(string(text), "\r\n"), string(t.comma)), nil
	}
	t.quoted.Reset(bytes.NewReader(text))
	r := csv.NewReader(t.quoted)
	r.FieldsPerRecord = -1
	r.Comma = rune(t.comma)
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
