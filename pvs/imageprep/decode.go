package imageprep

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // decoders, by their magic bytes
	_ "image/jpeg" //
	_ "image/png"  //
	"io"
	"net/http"
	"os"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
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

// Decode reads a JPEG, PNG, WebP, GIF (its first frame) or BMP image, turns it
// upright by its EXIF orientation, and lays what is transparent on white. The name
// is for messages. An image that claims more pixels than the limit is refused
// before any of them is read; one that is cut off is an error, never half an image. A progressive JPEG that was cut
// in its last scan, or between two, and then given an end marker is taken: it shows all, but coarser.
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
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s is not an image that can be read: it looks like %s; JPEG, PNG, WebP, GIF and BMP are known", name, looksLike(data))
	}
	if config.Width < 1 || config.Height < 1 {
		return nil, fmt.Errorf("%s claims to be %d x %d pixels large", name, config.Width, config.Height)
	}
	if config.Width > limits.MaxPixels/config.Height {
		return nil, fmt.Errorf("%s claims %d x %d pixels, over the limit of %d million; make it smaller", name, config.Width, config.Height, limits.MaxPixels/1e6)
	}
	m, err := decode(data, format, config.ColorModel)
	if err != nil {
		return nil, fmt.Errorf("%s is a damaged %s (%w); fetch it again", name, strings.ToUpper(format), err)
	}
	photo := FromImage(m)
	if format == "jpeg" {
		photo = photo.upright(exifOrientation(data))
	}
	return photo, nil
}

// decode turns a decoder's panic on a hostile file into an error.
func decode(data []byte, format string, model color.Model) (m image.Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its decoder gave up: %v", r)
		}
	}()
	if format == "jpeg" {
		return decodeJPEG(data, model)
	}
	m, _, err = image.Decode(bytes.NewReader(data))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCutOff
	}
	return m, err
}

// looksLike guesses what a file is.
func looksLike(data []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch kind {
	case "text/plain":
		return "text"
	case "text/html":
		return "a web page"
	case "application/octet-stream":
		return "no known kind of file, or a damaged one"
	}
	return kind
}
