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

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
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
	wanted  []string      // the selected columns
	columns []int         // where they are in the file
	quoted  *bufio.Reader // what csv reads: one record
	csv     *csv.Reader
}

// ErrEmpty says that a file has not even a header.
var ErrEmpty = errors.New("the file is empty")

// Open reads the header of a CSV file as [plaintext.Reader] gives it; the name is for
// messages. The fields are separated by what a line sep=; above the header says, as
// Excel writes it, else by what separates the header's. What is no CSV is an error that
// says what it is ([Foreign]).
func Open(r io.Reader, name string) (*Reader, error) {
	return open(r, name, plaintext.Reader)
}

// OpenLatin1 is [Open] for a file of Latin-1, or Windows-1252.
func OpenLatin1(r io.Reader, name string) (*Reader, error) {
	return open(r, name, plaintext.Latin1)
}

func open(r io.Reader, name string, text func(io.Reader) io.Reader) (*Reader, error) {
	raw := bufio.NewReaderSize(r, 1<<16)
	start, _ := raw.Peek(StartBytes) // a shorter file is told by what there is
	if err := Foreign(name, start); err != nil {
		return nil, err
	}
	t := &Reader{reader: bufio.NewReaderSize(text(raw), 1<<16), next: 1, quoted: bufio.NewReader(nil)}
	t.csv = csv.NewReader(t.quoted)
	t.csv.FieldsPerRecord = -1
	err := t.open()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	if err != nil {
		return nil, fmt.Errorf("%s line %d: %w", name, t.line, err)
	}
	for i, h := range t.header {
		t.header[i] = strings.TrimSpace(h)
	}
	return t, nil
}

// open reads the header, and the line sep=; if there is one.
func (t *Reader) open() error {
	first, err := t.firstLine()
	if err != nil {
		return err
	}
	comma, said, err := separatorLine(first)
	if err != nil {
		t.line = t.next
		return err
	}
	if said {
		t.next++
		if first, err = t.firstLine(); err != nil {
			return err
		}
	}
	t.line = t.next
	if err := checkHeader(first); err != nil {
		return err
	}
	t.comma = separatorOf(first)
	if said {
		if bytes.IndexByte(first, comma) < 0 && bytes.IndexByte(first, t.comma) >= 0 {
			return fmt.Errorf("the line sep=%c above says that fields are separated by %q, but the header's are by %q; "+
				"remove that line, or mend it", comma, comma, t.comma)
		}
		t.comma = comma
	}
	t.pending = first
	header, err := t.record()
	t.header = header
	return err
}

// firstLine returns the next line that is not empty.
func (t *Reader) firstLine() ([]byte, error) {
	for {
		line, err := t.physicalLine()
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
		t.next++
	}
}

// separators are what stands between fields, the commonest first.
const separators = ",;\t|"

// separatorLine reads the line sep=; by which Excel is told the separator.
func separatorLine(line []byte) (comma byte, said bool, err error) {
	text := strings.Trim(strings.TrimRight(string(line), "\r\n"), "\"")
	if len(text) < 4 || !strings.EqualFold(text[:4], "sep=") {
		return 0, false, nil
	}
	// The file's own separators may fill the line up to the header's length.
	if rest := text[4:]; rest != "" && strings.Contains(separators, rest[:1]) && strings.Trim(rest, rest[:1]) == "" {
		return rest[0], true, nil
	}
	return 0, false, fmt.Errorf("the line %q should name what separates the fields, one of , ; | or a tab; "+
		"mend that line, or remove it", Printable(text))
}

// separatorOf is what separates most fields of a header.
func separatorOf(header []byte) byte {
	quoted := false
	count := map[byte]int{}
	for _, c := range header {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			count[c]++
		}
	}
	best := separators[0]
	for _, c := range []byte(separators) {
		if count[c] > count[best] {
			best = c
		}
	}
	return best
}

// Header returns the columns' names.
func (t *Reader) Header() []string { return t.header }

// Line returns the number of the last record's first line, from 1.
func (t *Reader) Line() int { return t.line }

// Select says which columns [Reader.Read] returns, and returns those that the file
// lacks. A column goes by its name, else by its name in other letters' case.
func (t *Reader) Select(wanted []string) (missing []string) {
	t.wanted, t.columns = wanted, t.columns[:0]
	for _, w := range wanted {
		i := slices.Index(t.header, w)
		if i < 0 {
			i = slices.IndexFunc(t.header, func(h string) bool { return strings.EqualFold(h, w) })
		}
		if i < 0 {
			missing = append(missing, w)
		}
		t.columns = append(t.columns, i)
	}
	return missing
}

// Twice returns a selected column whose name several columns have, or "": which of them
// is meant is not known.
func (t *Reader) Twice() string {
	for k, c := range t.columns {
		for i, h := range t.header {
			if c < 0 || i == c {
				continue
			}
			if h == t.header[c] || t.header[c] != t.wanted[k] && strings.EqualFold(h, t.header[c]) {
				return h
			}
		}
	}
	return ""
}

// Field returns the place of a selected column in a whole row, as IsRow gets it.
func (t *Reader) Field(selected int) int { return t.columns[selected] }

// Read copies the selected columns of the next record, in the order they were selected
// in. After an error other than io.EOF and [ErrRead] the next call goes on with the
// next line.
func (t *Reader) Read(into []string) error {
	record, err := t.record()
	if err == nil && len(record) > len(t.header) && blank(record[len(t.header):]) {
		record = record[:len(t.header)] // separators behind the last field
	}
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

// CheckUTF8 says whether the fields of a row are UTF-8.
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
		for open := oddQuotes(first) && !t.literal(first); open && len(text) < maxLine; {
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
		if lf, mixed := t.mixedEnds(fields, text); mixed {
			t.pending, t.next = append(lf, t.pending...), t.line
			continue
		}
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
		if blank(fields) {
			continue // spreadsheets write rows of nothing but separators below a table
		}
		return fields, nil
	}
}

// mixedEnds finds the carriage returns that end lines among lines that end in line feeds,
// as where files of different systems were joined: those outside of quotes of a record that
// has not the header's fields, or none because a quote is broken. It returns the record's text with line feeds instead.
func (t *Reader) mixedEnds(fields []string, text []byte) (lf []byte, mixed bool) {
	if t.header == nil || len(t.header) > 1 && len(fields) == len(t.header) {
		return nil, false
	}
	quoted := false
	body := bytes.TrimRight(text, "\r\n")
	for i, c := range body {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\r' && !quoted && body[i+1] != '\n':
			if lf == nil {
				lf = slices.Clone(text)
			}
			lf[i] = '\n'
		}
	}
	return lf, lf != nil
}

// blank says whether fields hold nothing.
func blank(fields []string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return strings.TrimSpace(f) != "" })
}

// oddQuotes says whether a line opens or closes a quote.
func oddQuotes(line []byte) bool { return bytes.Count(line, []byte{'"'})%2 == 1 }

// literal says that a line's quotes are text, such as inches, and no quote of a field. Programs that put tabs between
// the fields leave them as they are; a quoted field begins with its quote.
func (t *Reader) literal(line []byte) bool {
	if t.comma != '\t' {
		return false
	}
	for field := range bytes.SplitSeq(line, []byte{t.comma}) {
		if bytes.HasPrefix(field, []byte{'"'}) {
			return false
		}
	}
	return true
}

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
	if bytes.IndexByte(text, '"') < 0 || t.literal(text) {
		return strings.Split(strings.TrimRight(string(text), "\r\n"), string(t.comma)), nil
	}
	t.quoted.Reset(bytes.NewReader(text))
	t.csv.Comma = rune(t.comma)
	fields, err := t.csv.Read()
	var p *csv.ParseError
	if errors.As(err, &p) {
		return nil, fmt.Errorf("a quote is broken (%w)", p.Err)
	}
	if err != nil {
		return nil, err
	}
	if _, err := t.csv.Read(); !errors.Is(err, io.EOF) {
		return nil, errors.New("a quote is broken")
	}
	return fields, nil
}
