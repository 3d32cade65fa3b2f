package table

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
)

// StartBytes are enough for [Foreign] to tell a file's kind by.
const StartBytes = 4096

// Foreign says, by a file's first bytes, that it is no CSV but another program's kind of
// file, and the way out; nil for what may be text.
func Foreign(name string, start []byte) error {
	const saveAs = "open it in its program, save it as CSV (UTF-8) and name that file"
	is := func(what, wayOut string) error { return fmt.Errorf("%s is %s, not CSV; %s", name, what, wayOut) }
	text := bytes.TrimLeft(bytes.TrimPrefix(start, []byte(plaintext.Mark)), " \t\r\n")
	switch {
	case Spreadsheet(name, start) != "":
		return is(Spreadsheet(name, start), saveAs)
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return is("a zip archive", "unpack it and name the CSV file in it")
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return is("an old Excel workbook (.xls)", saveAs)
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return is("compressed", "unpack it with gzip -d and name the CSV file")
	case bytes.HasPrefix(start, []byte("PAR1")):
		return is("a Parquet file", "write the table as CSV (UTF-8)")
	case bytes.HasPrefix(start, []byte("SQLite format 3\x00")):
		return is("an SQLite database", "write the table as CSV (UTF-8)")
	case bytes.HasPrefix(start, []byte("%PDF")):
		return is("a PDF", "ask for the list as CSV (UTF-8)")
	case jsonStart.Match(text):
		return is("JSON", "write the table as CSV (UTF-8)")
	case markup.Match(text):
		return is("a web page or XML, as some programs write under the name .xls", saveAs)
	}
	return nil
}

var (
	// A header may start with a bracket, as [id], but not with one around a value.
	jsonStart = regexp.MustCompile(`^(\{\s*["}]|\[\s*[{\["])`)
	markup    = regexp.MustCompile(`(?i)^<(\?xml|!doctype|html|table|head|body|meta|workbook)`)
)

// Spreadsheet says which program's zip file a spreadsheet is, by the names of the files in
// it or its own; "" for another file.
func Spreadsheet(name string, start []byte) string {
	if !bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		return ""
	}
	end := strings.ToLower(filepath.Ext(name))
	has := func(name string) bool { return bytes.Contains(start, []byte(name)) }
	switch {
	case has("mimetypeapplication/vnd.oasis.opendocument.spreadsheet") || end == ".ods":
		return "an OpenDocument spreadsheet (.ods)"
	case has("Index/") && has(".iwa") || end == ".numbers":
		return "a spreadsheet of Numbers (.numbers)"
	case has("xl/") || has("[Content_Types].xml") || end == ".xlsx" || end == ".xlsm" || end == ".xlsb":
		return "an Excel workbook (.xlsx)"
	}
	return ""
}

// errNoText says that a file's first line cannot be a header.
var errNoText = errors.New("its first line is no text: it is another program's kind of file; " +
	"save the table as CSV (UTF-8)")

// checkHeader refuses what no person or program writes as columns' names.
func checkHeader(line []byte) error {
	for _, c := range bytes.TrimRight(line, "\r\n") {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7f {
			return errNoText
		}
	}
	return nil
}

// Printable is a text of a file as a message can show it.
func Printable(text string) string { return strings.ToValidUTF8(text, "\ufffd") }
