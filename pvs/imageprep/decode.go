package imageprep

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gopvs/product-visual-search/pvs/internal/bmff"
	"github.com/gopvs/product-visual-search/pvs/internal/jpegall"
	"github.com/gopvs/product-visual-search/pvs/internal/still"
)

// Limits guards against files that would fill the memory.
type Limits struct {
	MaxPixels int   // width * height; 0: 100 million
	MaxBytes  int64 // of the file; 0: 256 MiB
}

func (l Limits) withDefaults() Limits {
	if l.MaxPixels == 0 {
		l.MaxPixels = 100_000_000
	}
	if l.MaxBytes == 0 {
		l.MaxBytes = 256 << 20
	}
	return l
}

// size refuses what a header claims before anything is read by it.
func (l Limits) size(width, height int) error {
	if width < 1 || height < 1 {
		return claim{fmt.Sprintf("claims to be %d x %d pixels large", width, height)}
	}
	if width > l.MaxPixels/height {
		return claim{fmt.Sprintf("claims %d x %d pixels, over the limit of %d million; make it smaller",
			width, height, l.MaxPixels/1e6)}
	}
	return nil
}

// claim is a size that is refused.
type claim struct{ says string }

func (c claim) Error() string { return "it " + c.says }

// notRead is a kind of image that is not read, with its article: "a lossless JPEG".
type notRead struct{ kind string }

func (n notRead) Error() string { return n.kind + " is not read" }

var errCutOff = errors.New("it is cut off")

// Open reads an image file; see [Decode].
func Open(path string, limits Limits) (*RGB, error) {
	return OpenThrough(path, limits, io.Discard)
}

// OpenThrough is [Open] that also hands the file's bytes to a writer, such as a hash.
func OpenThrough(path string, limits Limits, to io.Writer) (*RGB, error) {
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s: there is no such file", path)
		}
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder, not an image file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Decode(io.TeeReader(f, to), path, limits)
}

// Decode reads a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF image, of several pictures the first one, turns it
// upright by the orientation that it carries, and lays what is transparent on white. Colours are taken as they are: no
// ICC profile is followed (docs/data.md). The name is for messages; the content says what a file is.
//
// An image that claims more pixels than the limit is refused before any of them is read, other kinds of files by a
// sentence on what they are; one that is cut off is an error, never half an image. A progressive JPEG that was cut in
// its last scan and then given an end marker is taken where that scan only brings the finest bit.
func Decode(r io.Reader, name string, limits Limits) (*RGB, error) {
	limits = limits.withDefaults()
	data, err := io.ReadAll(io.LimitReader(r, limits.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case len(data) == 0:
		return nil, fmt.Errorf("%s is empty; fetch it again", name)
	case int64(len(data)) > limits.MaxBytes:
		return nil, fmt.Errorf("%s has over %d MiB; make it smaller", name, limits.MaxBytes>>20)
	}
	for _, k := range readers() {
		if k.is(data) {
			photo, err := k.guarded(data, limits)
			return photo, explained(name, k.name, err)
		}
	}
	kind, isImage := nameOf(data)
	if isImage {
		return nil, explained(name, "", notRead{kind})
	}
	return nil, fmt.Errorf("%s is not an image that can be read: it looks like %s; %s", name, kind, known)
}

// guarded turns a decoder's panic on a hostile file into an error.
func (k reader) guarded(data []byte, limits Limits) (photo *RGB, err error) {
	defer func() {
		if r := recover(); r != nil {
			photo, err = nil, fmt.Errorf("its decoder gave up: %v", r)
		}
	}()
	return k.decode(data, limits)
}

// explained says in a sentence what is wrong with a file, and what to do.
func explained(name, kind string, err error) error {
	var size claim
	var other notRead
	switch {
	case err == nil:
		return nil
	case errors.As(err, &size):
		return fmt.Errorf("%s %s", name, size.says)
	case errors.As(err, &other):
		return fmt.Errorf("%s is %s, which is not read; save it as a plain JPEG or PNG (%s)", name, other.kind, known)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, bmff.ErrCutOff),
		errors.Is(err, jpegall.ErrCutOff):
		err = errCutOff
	case errors.Is(err, still.ErrTooLarge):
		err = still.ErrDamaged
	}
	return fmt.Errorf("%s is a damaged %s (%w); fetch it again", name, kind, err)
}
