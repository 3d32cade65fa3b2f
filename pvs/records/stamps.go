package records

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// stampsFile holds the stamps of a finished set's photos, a line each in their order,
// those left out included. It is beside the manifest so that who reads records need not
// read it.
func (w *writer) stampsFile() string { return w.name + ".stamps" }

func (w *writer) writeStamps(shards []doneShard) error {
	if w.file == nil {
		return nil
	}
	return wholefile.Write(w.stampsFile(), func(out io.Writer) error {
		buf := bufio.NewWriter(out)
		for _, s := range shards {
			for _, line := range s.Stamps {
				_, _ = buf.WriteString(line + "\n") // its errors are kept for Flush
			}
		}
		return buf.Flush()
	})
}

// readStamps returns none where there is no such file: then nothing is known of the photos.
func (w *writer) readStamps() ([]string, error) {
	text, err := os.ReadFile(w.stampsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
}

// openStamped reads a photo and returns the stamp of the bytes that it was read from.
func openStamped(file string) (*imageprep.RGB, string, error) {
	info, err := os.Stat(file)
	if err != nil {
		info = nil
	}
	if info == nil || info.IsDir() {
		photo, err := imageprep.Open(file, imageprep.Limits{}) // says what is wrong
		return photo, unreadable, err
	}
	s := stamp.Begin(info)
	photo, err := imageprep.OpenThrough(file, imageprep.Limits{}, s)
	if err != nil {
		return nil, stampOf(file), err // perhaps not all of its bytes were read
	}
	return photo, s.Stamp().String(), nil
}

// unreadable stands for the stamp of a file that cannot be read.
const unreadable = "-"

func stampOf(file string) string {
	s, err := stamp.Of(file)
	if err != nil {
		return unreadable
	}
	return s.String()
}

// changed says which of a shard's photos has other bytes than those that it was made
// from, or "" if none has. First is the shard's first item.
func (w *writer) changed(first int, s doneShard) (string, error) {
	if w.file == nil {
		return "", nil
	}
	if len(s.Stamps) != s.items() {
		return fmt.Sprintf("nothing is known of the bytes that %s was made from", s.File), nil
	}
	var found atomic.Int64
	found.Store(-1)
	err := cores.Each(context.Background(), len(s.Stamps), func(i int) error {
		file, was := w.file(first+i), s.Stamps[i]
		if was == unreadable {
			if stampOf(file) != unreadable {
				found.Store(int64(i))
			}
			return nil
		}
		kept, err := stamp.Parse(was)
		if err != nil {
			return fmt.Errorf("%s is damaged: %w; remove it and start again", w.stampsFile(), err)
		}
		same, err := kept.Same(file)
		if err != nil || !same {
			found.Store(int64(i)) // one that cannot be read any more is read again, which says why
		}
		return nil
	})
	if i := found.Load(); err == nil && i >= 0 {
		return fmt.Sprintf("%s is not as it was when %s was made from it", w.file(first+int(i)), s.File), nil
	}
	return "", err
}
