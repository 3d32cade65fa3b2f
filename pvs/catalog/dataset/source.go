package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/table"
)

// checkSource makes sure that a source is there and is no archive.
func checkSource(src string) error {
	info, err := os.Stat(src)
	if errors.Is(err, fs.ErrNotExist) {
		if packed := archiveBeside(src); packed != "" {
			return fmt.Errorf("there is no %s, but %s; unpack that first", src, packed)
		}
		return fmt.Errorf("there is no %s", src)
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return nil
	}
	packed, err := isArchive(src)
	if err == nil && packed {
		err = fmt.Errorf("%s is an archive; unpack it and name the folder", src)
	}
	return err
}

// archiveEnds are what the names of archives end in.
var archiveEnds = []string{".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar"}

func archiveName(name string) bool {
	return slices.ContainsFunc(archiveEnds, func(end string) bool { return strings.HasSuffix(strings.ToLower(name), end) })
}

// archiveBeside returns the archive that a missing file or folder may be packed in.
func archiveBeside(missing string) string {
	for _, end := range archiveEnds {
		if _, err := os.Stat(missing + end); err == nil {
			return missing + end
		}
	}
	return ""
}

// archiveStarts are the first bytes of archives: zip, gzip, bzip2, xz, 7z, rar.
var archiveStarts = []string{"PK\x03\x04", "\x1f\x8b", "BZh", "\xfd7zXZ", "7z\xbc\xaf\x27\x1c", "Rar!"}

// isArchive looks at a file's first bytes. Spreadsheets, some of which are archives inside,
// are none: who reads lists says what they are.
func isArchive(file string) (bool, error) {
	start, err := startOf(file)
	if err != nil || table.Spreadsheet(file, start) != "" {
		return false, err
	}
	tar := len(start) >= 512 && bytes.HasPrefix(start[257:], []byte("ustar"))
	return tar || slices.ContainsFunc(archiveStarts, func(s string) bool { return bytes.HasPrefix(start, []byte(s)) }), nil
}

// startOf returns a file's first bytes.
func startOf(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	return io.ReadAll(io.LimitReader(f, table.StartBytes))
}

// needFolder makes sure that a source is a folder with what its layout wants, and says
// what is missing, or packed.
func (im *importing) needFolder(layout string, parts ...string) error {
	if info, err := os.Stat(im.src); err != nil || !info.IsDir() {
		return fmt.Errorf("it is no folder; %s", layout)
	}
	for _, part := range parts {
		at := filepath.Join(im.src, part)
		if _, err := os.Stat(at); err == nil {
			continue
		}
		if packed := archiveBeside(at); packed != "" {
			return fmt.Errorf("%s is still packed; unpack it there", packed)
		}
		return fmt.Errorf("it has no %s; %s", part, layout)
	}
	return nil
}
