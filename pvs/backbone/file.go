package backbone

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/onnx"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// File is an ONNX file of a network that takes photos.
type File struct {
	path   string
	data   []byte
	header *onnx.Header
	digest string // of all weights

	input         string
	planes        bool // [batch, 3, h, w] instead of [batch, h, w, 3]
	pixels, batch int  // 0: any
}

// ErrFile marks a file that is no network of photos.
var ErrFile = errors.New("the file is no network of photos")

// mostBytes bounds a file, by the limit of protocol buffers.
const mostBytes = 1<<31 - 1

// room behind a file's bytes, for the name of one more output.
const room = 1 << 12

// ReadFile reads an ONNX file and says in one sentence what keeps it from being a network of photos. Weights may be in
// files beside it.
func ReadFile(path string) (*File, error) {
	f := &File{path: path}
	err := f.read()
	if err == nil {
		err = f.takesPhotos()
	}
	if err != nil {
		return nil, tag.Error(err, ErrFile)
	}
	return f, nil
}

// read reads the file, and digests it with those beside it.
func (f *File) read() error {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file %s: name an ONNX file by its path", f.path)
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder: name the .onnx file in it", f.path)
	}
	if info.Size() > mostBytes {
		return fmt.Errorf("%s has %d bytes, more than an ONNX file can: its weights belong in a file beside it (external "+
			"data)", f.path, info.Size())
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	f.data = make([]byte, info.Size(), info.Size()+room)
	if _, err := io.ReadFull(file, f.data); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if f.header, err = onnx.Read(f.data); err != nil {
		return fmt.Errorf("%s %w", f.path, err)
	}
	sum := sha256.Sum256(f.data)
	f.digest = hex.EncodeToString(sum[:])
	return f.beside()
}

// beside adds the files beside it that hold weights to the digest.
func (f *File) beside() error {
	of := map[string]string{} // a tensor of each file
	for _, e := range f.header.Outside {
		of[e.File] = e.Tensor
	}
	if len(of) == 0 {
		return nil
	}
	var names []string
	for name := range of {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%s has weights (%s) in %q, which is not below its folder: such a file is not read", f.path,
				of[name], name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	all := sha256.New()
	fmt.Fprintln(all, f.digest) // a hash's Write does not fail
	for _, name := range names {
		file, err := os.Open(filepath.Join(filepath.Dir(f.path), filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s has its weights (%s first) in %s, which is not beside it: copy it there, too", f.path,
				of[name], name)
		}
		if err != nil {
			return err
		}
		one := sha256.New()
		_, err = io.Copy(one, file)
		file.Close()
		if err != nil {
			return fmt.Errorf("the weights %s of %s: %w", name, f.path, err)
		}
		fmt.Fprintf(all, "%q %x\n", name, one.Sum(nil))
	}
	f.digest = hex.EncodeToString(all.Sum(nil))
	return nil
}

// takesPhotos finds the input, and says what keeps it from being one of photos.
func (f *File) takesPhotos() error {
	var inputs []string
	for _, in := range f.header.Inputs {
		inputs = append(inputs, in.String())
	}
	if len(inputs) != 1 {
		return fmt.Errorf("%s takes %d inputs (%s), where a network of photos takes one: export its image part alone",
			f.path, len(inputs), strings.Join(inputs, ", "))
	}
	in := f.header.Inputs[0]
	f.input = in.Name
	if len(in.Dims) != 4 {
		return fmt.Errorf("%s takes %s, which is no batch of photos, [batch, 3, height, width] or [batch, height, width, 3]",
			f.path, in)
	}
	if in.Type != onnx.Float32 {
		return fmt.Errorf("%s takes %s, where photos are float32: export it with inputs of float32", f.path, in)
	}
	f.batch = in.Dims[0].Size
	f.planes = in.Dims[1].Size == 3 || in.Dims[1].Size == 0 && in.Dims[3].Size != 3
	height, width := in.Dims[2].Size, in.Dims[3].Size
	if !f.planes {
		height, width = in.Dims[1].Size, in.Dims[2].Size
	}
	switch {
	case !f.planes && in.Dims[3].Size != 3:
		return fmt.Errorf("%s takes %s: photos have 3 channels, red, green and blue", f.path, in)
	case height != width && height != 0 && width != 0:
		return fmt.Errorf("%s takes %s, where photos are padded to squares: export it for a square input", f.path, in)
	case f.batch > mostBatch:
		return fmt.Errorf("%s takes %s: batches have at most %d photos", f.path, in, mostBatch)
	}
	f.pixels = max(height, width)
	return nil
}

// side is the side of the input, of what the file and the settings say.
func (f *File) side(asked int) (int, error) {
	size := f.pixels
	switch {
	case size == 0 && asked == 0:
		return 0, tag.Error(fmt.Errorf("%s takes photos of any size, and nothing says which it was trained on", f.path),
			ErrSettings)
	case size == 0:
		size = asked
	case asked != 0 && asked != size:
		return 0, tag.Error(fmt.Errorf("%s takes photos of %d pixels a side and no other, but %d were asked for", f.path,
			size, asked), ErrSettings)
	}
	if size < 8 || size > mostPixels {
		return 0, fmt.Errorf("an input of %d pixels a side is not from 8 to %d", size, mostPixels)
	}
	return size, nil
}

// Limits of inputs, those of package embed.
const (
	mostPixels = 2048
	mostBatch  = 1024
)
