package feed

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// contents is a source that knows the bytes of its photos.
type contents interface {
	// content returns the stamp of a photo's bytes and the file that they are in, "" where
	// the stamp was made when they were read. Known are stamps of before, by file.
	content(photo int, known map[string]stamp.Stamp) (file string, s stamp.Stamp, err error)
	// name is a photo's, for people.
	name(photo int) string
}

// Contents are the bytes of a source's photos.
type Contents struct {
	// Digest changes when a photo's bytes do, be its name the same; "" of a source that
	// knows of none, whose Digest has to tell them apart.
	Digest string
	// Replaced names photos whose bytes are others than when they were last looked at.
	Replaced []string
}

// ContentsOf digests the bytes of a source's photos. What it finds is kept in the file
// kept: a photo's file of the same size and times as before is not read again. Read is
// told how far the reading is; it may be nil.
func ContentsOf(ctx context.Context, s Source, kept string, read func(done, total int)) (Contents, error) {
	c, ok := s.(contents)
	if !ok {
		return Contents{}, nil
	}
	known, err := readStamps(kept)
	if err != nil {
		return Contents{}, err
	}
	files, stamps := make([]string, s.Len()), make([]stamp.Stamp, s.Len())
	done := make(chan int, s.Len())
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		n := 0
		for range done {
			if n++; read != nil {
				read(n, s.Len())
			}
		}
	}()
	err = cores.Each(ctx, len(files), func(photo int) (err error) {
		files[photo], stamps[photo], err = c.content(photo, known)
		done <- photo
		return err
	})
	close(done)
	<-finished
	if err != nil {
		return Contents{}, err
	}
	var out Contents
	sum, changed := sha256.New(), false
	for photo, now := range stamps {
		sum.Write(now.SHA256[:]) // a hash's Write does not fail
		before, was := known[files[photo]]
		if was && before.SHA256 != now.SHA256 {
			out.Replaced = append(out.Replaced, c.name(photo))
		}
		changed = changed || files[photo] != "" && before != now
	}
	out.Digest = hex.EncodeToString(sum.Sum(nil)[:8])
	if !changed {
		return out, nil
	}
	return out, writeStamps(kept, files, stamps)
}

// stampOf is the stamp of a file: the known one where size and times are the same.
func stampOf(file string, known map[string]stamp.Stamp) (stamp.Stamp, error) {
	if before, ok := known[file]; ok {
		info, err := os.Stat(file)
		if err != nil {
			return before, err
		}
		now := stamp.Quick(info) // not Begin: of a file that was changed just now it says no times, which are those of no other
		if now.Size == before.Size && now.Modified == before.Modified && now.Changed == before.Changed {
			return before, nil
		}
	}
	return stamp.Of(file)
}

// readStamps reads a file of stamps; one that is not there holds none. A line that is
// damaged costs that its photo is read again.
func readStamps(kept string) (map[string]stamp.Stamp, error) {
	data, err := os.ReadFile(kept)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	known := map[string]stamp.Stamp{}
	for line := range bytes.Lines(data) {
		text, file, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		if s, err := stamp.Parse(text); err == nil {
			known[file] = s
		}
	}
	return known, nil
}

func writeStamps(kept string, files []string, stamps []stamp.Stamp) error {
	err := wholefile.Write(kept, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		for i, file := range files {
			if file != "" && !strings.ContainsAny(file, "\n\r") {
				fmt.Fprintf(out, "%s %s\n", stamps[i], file) // its errors are kept until the end
			}
		}
		return out.Flush()
	})
	if err != nil {
		return fmt.Errorf("keeping the digests of photos in %s: %w", kept, err)
	}
	return nil
}

func (s *Catalog) content(photo int, known map[string]stamp.Stamp) (string, stamp.Stamp, error) {
	p := s.photos[photo]
	file := s.catalog.File(p)
	now, err := stampOf(file, known)
	if err != nil {
		return file, now, s.named(p, err)
	}
	return file, now, nil
}

func (s *Catalog) name(photo int) string { return s.photos[photo].ID }

// content is of what was read when the records were opened.
func (s *Records) content(photo int, _ map[string]stamp.Stamp) (string, stamp.Stamp, error) {
	return "", stamp.Stamp{SHA256: s.sums[photo]}, nil
}

func (s *Records) name(photo int) string { return s.set.ID(photo) }
