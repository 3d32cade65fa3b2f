package plaintext

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// Mark is the byte order mark as UTF-8 has it. At the start of a text it is no part of it.
const Mark = "\ufeff"

// ahead is how much of a text is looked at for its line ends.
const ahead = 1 << 16

// Reader returns the text of r: decoded where a byte order mark, or the zero bytes of
// UTF-16, tell how, without the mark and DOS's end mark, and with line feeds where lines end
// in carriage returns alone. Carriage returns before line feeds are left where they are.
func Reader(r io.Reader) io.Reader { return lines(decoded(r, nil)) }

// Latin1 is [Reader] for a text of Latin-1, or of Windows-1252, which is what is called
// so nearly always. A byte order mark overrules it.
func Latin1(r io.Reader) io.Reader { return lines(decoded(r, charmap.Windows1252)) }

// decoded takes off the mark and decodes.
func decoded(r io.Reader, other encoding.Encoding) *bufio.Reader {
	b := bufio.NewReaderSize(r, ahead)
	start, _ := b.Peek(4) // a shorter text is told by what there is
	var e encoding.Encoding
	switch {
	case bytes.HasPrefix(start, []byte(Mark)):
		for bytes.HasPrefix(start, []byte(Mark)) { // some programs add theirs to one that is there
			_, _ = b.Discard(len(Mark)) // Peek has shown that it is there
			start, _ = b.Peek(len(Mark))
		}
		return b
	case bytes.HasPrefix(start, []byte("\xff\xfe\x00\x00")):
		e = utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case bytes.HasPrefix(start, []byte("\x00\x00\xfe\xff")):
		e = utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	// Without a mark: two ASCII characters of UTF-16, whose other bytes are zero.
	case len(start) == 4 && start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0:
		e = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case len(start) == 4 && start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0:
		e = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case other != nil:
		e = other
	default:
		return b
	}
	return bufio.NewReaderSize(e.NewDecoder().Reader(b), ahead)
}

// lines makes line feeds of carriage returns where those alone end the lines.
func lines(b *bufio.Reader) io.Reader {
	start, _ := b.Peek(ahead)
	if !macintosh(start) {
		return marked{b}
	}
	return feeds{marked{b}}
}

// endMark is Ctrl-Z, with which programs of DOS, and some of Windows, end a text.
const endMark = "\x1a"

// marked takes off the end mark.
type marked struct{ b *bufio.Reader }

func (m marked) Read(p []byte) (int, error) {
	n, err := m.b.Read(p)
	if n == 0 || p[n-1] != endMark[0] {
		return n, err
	}
	rest, more := m.b.Peek(16)
	if more != io.EOF || len(bytes.Trim(rest, endMark)) > 0 {
		return n, err
	}
	if n = len(bytes.TrimRight(p[:n], endMark)); n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// macintosh says whether a text's first line ends in a carriage return and no line feed.
// Within quotes either may stand: Excel's CSV for the Macintosh has line feeds in cells.
func macintosh(start []byte) bool {
	quoted := false
	for i, c := range start {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return false
		case c == '\r':
			rest := bytes.TrimLeft(start[i:], "\r")
			return len(rest) == 0 || rest[0] != '\n'
		}
	}
	// A quote was never closed, or the line is longer than what was looked at.
	return bytes.IndexByte(start, '\r') >= 0 && bytes.IndexByte(start, '\n') < 0
}

// feeds turns carriage returns into line feeds.
type feeds struct{ r io.Reader }

func (f feeds) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}
