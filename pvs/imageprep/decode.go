package imageprep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gopvs/product-visual-search/pvs/internal/bmff"
	"github.com/gopvs/product-visual-search/pvs/internal/jpegall"
	"github.com/gopvs/product-visual-search/pvs/internal/still"
)

// Limits bounds the memory that a file can take.
type Limits struct {
	MaxPixels int   // width * height; 0: 100 million
	MaxBytes  int64 // of the file; 0: 256 MiB
	// Suffices is a longer side in pixels that is enough for the caller: a JPEG may be decoded at a half, a quarter or an
	// eighth of its size as long as it is not smaller than that, nor narrow, in a fraction of the time.
	// 0: photos are decoded whole.
	Suffices int
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

// denominator is by how much a photo of that size is shrunk while it is decoded: 1, 2, 4 or 8.
func (l Limits) denominator(width, height int) int {
	d := 1
	const narrow = 16 // pixels that a shorter side keeps
	for l.Suffices > 0 && d < 8 && max(width, height)/(2*d) >= l.Suffices && min(width, height)/(2*d) >= narrow {
		d *= 2
	}
	return d
}

// size checks the size in a header before anything is allocated.
func (l Limits) size(width, height int) error {
	if width < 1 || height < 1 {
		return sizeError{fmt.Sprintf("claims to be %d x %d pixels large", width, height)}
	}
	if width > l.MaxPixels/height {
		return sizeError{fmt.Sprintf("claims %d x %d pixels, over the limit of %d million; make it smaller",
			width, height, l.MaxPixels/1e6)}
	}
	return nil
}

// sizeError is the error of a size that is refused.
type sizeError struct{ text string }

func (c sizeError) Error() string { return "it " + c.text }

// unsupported is the error of a kind of image that is not read, with its article: "a lossless JPEG".
type unsupported struct{ kind string }

func (n unsupported) Error() string { return n.kind + " is not read" }

var errCutOff = errors.New("it is cut off")

// Open reads an image file; see [Decode].
func Open(path string, limits Limits) (*RGB, error) {
	return OpenThrough(path, limits, io.Discard)
}

// OpenThrough is [Open] that also writes the file's bytes to a writer, such as a hash.
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
	return decode(io.TeeReader(f, to), path, limits, info.Size())
}

// Decode reads a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF image, of several pictures the first one, turns it
// upright by its EXIF orientation, and composes transparent pixels with white. Colours are used as they are: ICC
// profiles are ignored (docs/data.md). The name is for messages; the content decides what a file is.
//
// An image with more pixels than the limit is refused before any of them is read. The error for another kind of file
// says what it is. A truncated file is an error, never a part of an image; the exception is a progressive JPEG that
// lacks data of its last scan but has an end marker, where that scan only refines the last bit.
func Decode(r io.Reader, name string, limits Limits) (*RGB, error) {
	return decode(r, name, limits, 0)
}

// decode decodes what is probably so many bytes.
func decode(r io.Reader, name string, limits Limits, probably int64) (*RGB, error) {
	limits = limits.withDefaults()
	var buffer bytes.Buffer
	buffer.Grow(int(min(probably, limits.MaxBytes)) + bytes.MinRead) // so that it is allocated once
	if _, err := buffer.ReadFrom(io.LimitReader(r, limits.MaxBytes+1)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data := buffer.Bytes()
	switch {
	case len(data) == 0:
		return nil, fmt.Errorf("%s is empty; fetch it again", name)
	case int64(len(data)) > limits.MaxBytes:
		return nil, fmt.Errorf("%s has over %d MiB; make it smaller", name, limits.MaxBytes>>20)
	}
	for _, k := range readers() {
		if k.is(data) {
			photo, err := k.recovered(data, limits)
			return photo, explain(name, k.name, err)
		}
	}
	kind, isImage := nameOf(data)
	if isImage {
		return nil, explain(name, "", unsupported{kind})
	}
	return nil, fmt.Errorf("%s is not an image that can be read: it looks like %s; %s", name, kind, readableKinds)
}

// recovered turns a decoder's panic on a hostile file into an error.
func (k reader) recovered(data []byte, limits Limits) (photo *RGB, err error) {
	defer func() {
		if r := recover(); r != nil {
			photo, err = nil, fmt.Errorf("its decoder gave up: %v", r)
		}
	}()
	return k.decode(data, limits)
}

// explain says in a sentence what is wrong with a file, and what to do.
func explain(name, kind string, err error) error {
	var size sizeError
	var other unsupported
	switch {
	case err == nil:
		return nil
	case errors.As(err, &size):
		return fmt.Errorf("%s %s", name, size.text)
	case errors.As(err, &other):
		return fmt.Errorf("%s is %s, which is not read; save it as a plain JPEG or PNG (%s)", name, other.kind, readableKinds)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, bmff.ErrCutOff),
		errors.Is(err, jpegall.ErrCutOff):
		err = errCutOff
	case errors.Is(err, still.ErrTooLarge):
		err = still.ErrDamaged
	}
	return fmt.Errorf("%s is a damaged %s (%w); fetch it again", name, kind, err)
}
