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

// contents is a source that can digest the bytes of its photos.
type contents interface {
	// content returns the stamp of a photo's bytes and the file that holds them, "" where
	// the source has digested them already. Known are earlier stamps, by file.
	content(photo int, known map[string]stamp.Stamp) (file string, s stamp.Stamp, err error)
	// name is the photo's id, for messages.
	name(photo int) string
}

// Contents are the bytes of a source's photos.
type Contents struct {
	// Digest is over the bytes of all photos; "" of a source that cannot digest bytes, for
	// which Source.Digest has to do.
	Digest string
	// Replaced are the ids of photos whose bytes have changed since the last call.
	Replaced []string
}

// ContentsOf digests the bytes of a source's photos. It caches digests in the file cache:
// a photo's file of the same size and times as before is not read again. Progress is
// called after each photo; it may be nil.
func ContentsOf(ctx context.Context, s Source, cache string, progress func(done, total int)) (Contents, error) {
	c, ok := s.(contents)
	if !ok {
		return Contents{}, nil
	}
	known, err := readStamps(cache)
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
			if n++; progress != nil {
				progress(n, s.Len())
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
	return out, writeStamps(cache, files, stamps)
}

// stampOf returns the stamp of a file: the known one where size and times are the same.
func stampOf(file string, known map[string]stamp.Stamp) (stamp.Stamp, error) {
	if before, ok := known[file]; ok {
		info, err := os.Stat(file)
		if err != nil {
			return before, err
		}
		now := stamp.Quick(info) // not Begin, which leaves out the times of a file that was changed just now
		if now.Size == before.Size && now.Modified == before.Modified && now.Changed == before.Changed {
			return before, nil
		}
	}
	return stamp.Of(file)
}

// readStamps reads a file of stamps; a missing file has none. A damaged line is passed
// over, so that its photo is read again.
func readStamps(path string) (map[string]stamp.Stamp, error) {
	data, err := os.ReadFile(path)
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

func writeStamps(path string, files []string, stamps []stamp.Stamp) error {
	err := wholefile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		for i, file := range files {
			if file != "" && !strings.ContainsAny(file, "\n\r") {
				fmt.Fprintf(out, "%s %s\n", stamps[i], file) // Flush returns its error
			}
		}
		return out.Flush()
	})
	if err != nil {
		return fmt.Errorf("writing the digests of photos to %s: %w", path, err)
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

// content returns the digest that was computed when the records were opened.
func (s *Records) content(photo int, _ map[string]stamp.Stamp) (string, stamp.Stamp, error) {
	return "", stamp.Stamp{SHA256: s.sums[photo]}, nil
}

func (s *Records) name(photo int) string { return s.set.ID(photo) }
