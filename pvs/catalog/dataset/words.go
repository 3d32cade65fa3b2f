package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
)

// maxWordsLine bounds a line of a list of words.
const maxWordsLine = 1 << 20

// words reads a text file of lines of words between spaces, under a header of words,
// which a line with the number of rows may stand above. The number is -1 if it does not.
func (im *importing) words(name string, header []string,
	found func(at place, words []string) error) (count int, err error) {
	f, err := os.Open(filepath.Join(im.tree.root, name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := &wordLines{reader: bufio.NewReader(plaintext.Reader(f)), name: name}
	if count, err = w.start(header); err != nil {
		return 0, err
	}
	for {
		words, err := w.next()
		at := place{name, w.line}
		switch {
		case err == io.EOF:
			return count, nil
		case err != nil:
			return count, fmt.Errorf("%s: %w", at, err)
		case len(words) == 0:
		case len(words) != len(header):
			im.bad(at, fmt.Errorf("it has %d words, not the header's %d (%s)", len(words), len(header),
				strings.Join(header, " ")))
		case !utf8.ValidString(strings.Join(words, "")):
			im.bad(at, errors.New("it is not UTF-8; save the file as UTF-8"))
		default:
			if err := found(at, words); err != nil {
				return count, err
			}
		}
	}
}

// wordLines cuts lines into words.
type wordLines struct {
	reader *bufio.Reader
	name   string
	line   int
}

// next returns a line's words.
func (w *wordLines) next() ([]string, error) {
	var line []byte
	for {
		part, err := w.reader.ReadSlice('\n')
		line = append(line, part...)
		if err == bufio.ErrBufferFull && len(line) < maxWordsLine {
			continue
		}
		if err == bufio.ErrBufferFull {
			return nil, fmt.Errorf("the line has over %d bytes: it is no list of photos", maxWordsLine)
		}
		if err == io.EOF && len(line) == 0 {
			return nil, io.EOF
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		w.line++
		return strings.Fields(string(line)), nil
	}
}

// start reads the header.
func (w *wordLines) start(header []string) (count int, err error) {
	count = -1
	for range 2 {
		words, err := w.next()
		if err != nil && err != io.EOF {
			return 0, fmt.Errorf("%s: %w", w.name, err)
		}
		if slices.Equal(words, header) {
			return count, nil
		}
		if len(words) != 1 {
			break
		}
		if _, err := fmt.Sscanf(words[0], "%d", &count); err != nil || count < 0 {
			break
		}
	}
	return 0, fmt.Errorf("%s is no list of photos: it should start with the line %s", w.name, strings.Join(header, " "))
}
