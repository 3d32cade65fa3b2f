package imageprep

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"

	"github.com/gopvs/product-visual-search/pvs/internal/jpegall"
)

// tiffUnread are compression methods that are not read.
var tiffUnread = map[int]string{2: "CCITT's modified Huffman code", 6: "JPEG of the old kind", 9: "JBIG", 10: "JBIG",
	32766: "NeXT's runs", 32809: "ThunderScan",
	32908: "Pixar's film code", 32909: "Pixar's code", 34661: "JBIG", 34676: "SGI's logarithmic code",
	34677: "SGI's logarithmic code", 34712: "JPEG 2000", 34887: "LERC",
	34892: "lossy JPEG of DNG", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
	65535: "a camera's own code"}

// segment is a strip or tile: where its pixels go and how many it holds.
type tiffSegment struct {
	left, top, width, height int
	plane                    int // the sample, of planes; 0 of pixels
	data                     []byte
}

// decode returns all samples, in 8 bits, pixel by pixel.
func (t *tiff) decode(limits Limits) ([]uint8, error) {
	segments, err := t.segments(limits)
	if err != nil {
		return nil, err
	}
	out := make([]uint8, t.width*t.height*t.samples)
	for _, s := range segments {
		if t.compression == 7 {
			err = t.jpeg(s, out)
		} else {
			err = t.plain(s, out)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// segments finds strips or tiles, and checks that all are there.
func (t *tiff) segments(limits Limits) ([]tiffSegment, error) {
	offsets, counts := t.numbers(tiffStripOffsets), t.numbers(tiffStripCounts)
	w, h := t.width, min(t.number(tiffRowsPerStrip, t.height), t.height)
	if tiles := t.numbers(tiffTileOffsets); tiles != nil {
		offsets, counts = tiles, t.numbers(tiffTileCounts)
		w, h = t.number(tiffTileWidth, 0), t.number(tiffTileHeight, 0)
		if err := limits.size(w, h); err != nil {
			return nil, err
		}
	}
	if h < 1 {
		return nil, errors.New("its strips have no rows")
	}
	across, down := (t.width+w-1)/w, (t.height+h-1)/h
	planes := 1
	if t.planar == 2 {
		planes = t.samples
	}
	n := across * down * planes
	if int64(across)*int64(down)*int64(w)*int64(h) > 4*int64(limits.MaxPixels) {
		return nil, errors.New("its tiles hold far more than its picture")
	}
	if counts == nil && n == 1 && len(offsets) == 1 { // old writers leave it out
		counts = []uint64{uint64(len(t.data)) - min(offsets[0], uint64(len(t.data)))}
	}
	if len(offsets) < n || len(counts) < n {
		return nil, fmt.Errorf("it has %d pieces of data where %d are needed", min(len(offsets), len(counts)), n)
	}
	size := uint64(len(t.data))
	var out []tiffSegment
	for i := range n {
		if offsets[i] > size || counts[i] > size-offsets[i] {
			return nil, errCutOff
		}
		k := i % (across * down)
		s := tiffSegment{left: k % across * w, top: k / across * h, width: w, height: h, plane: i / (across * down),
			data: t.data[offsets[i] : offsets[i]+counts[i]]}
		if t.tags[tiffTileOffsets].value == nil {
			s.height = min(h, t.height-s.top)
		}
		out = append(out, s)
	}
	return out, nil
}

// unpacked returns the decompressed data of a segment, need bytes.
func (t *tiff) unpacked(s tiffSegment, need int) ([]byte, error) {
	data := s.data
	if t.number(tiffFillOrder, 1) == 2 {
		data = make([]byte, len(s.data))
		for i, b := range s.data {
			data[i] = bits.Reverse8(b)
		}
	}
	var r io.Reader
	switch t.compression {
	case 1:
		if len(data) < need {
			return nil, errCutOff
		}
		return bytes.Clone(data[:need]), nil
	case 3, 4:
		return t.fax(s, data, need)
	case 5:
		r = lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8)
	case 8, 32946:
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		r = z
	case 32773:
		return packbits(data, need)
	default:
		return nil, unsupported{fmt.Sprintf("a TIFF of compression %d", t.compression)}
	}
	out := make([]byte, need)
	_, err := io.ReadFull(r, out)
	return out, err
}

func (t *tiff) fax(s tiffSegment, data []byte, need int) ([]byte, error) {
	if t.bits != 1 || t.samples != 1 {
		return nil, errors.New("it is a fax and yet not of one bit a pixel")
	}
	kind, options := ccitt.Group4, t.number(tiffT4Options, 0)
	if t.compression == 3 {
		if kind = ccitt.Group3; options&3 != 0 {
			return nil, unsupported{"a TIFF of a two-dimensional fax (group 3)"}
		}
	}
	out := make([]byte, need)
	// White is 0 in a fax; the package makes it 1 without an option.
	_, err := io.ReadFull(ccitt.NewReader(bytes.NewReader(data), ccitt.MSB, kind, s.width, s.height,
		&ccitt.Options{Invert: true}), out)
	if err != nil && t.compression == 3 { // with lines of other ends than the package takes
		return nil, unsupported{"a TIFF of a fax of group 3"}
	}
	return out, err
}

// packbits unpacks Apple's runs (TIFF 6.0, section 9).
func packbits(data []byte, need int) ([]byte, error) {
	out := make([]byte, 0, need)
	for len(out) < need {
		if len(data) < 2 {
			return nil, errCutOff
		}
		n := int(int8(data[0]))
		data = data[1:]
		switch {
		case n >= 0:
			if len(data) < n+1 {
				return nil, errCutOff
			}
			out = append(out, data[:n+1]...)
			data = data[n+1:]
		case n > -128:
			for range 1 - n {
				out = append(out, data[0])
			}
			data = data[1:]
		}
	}
	return out[:need], nil
}

// plain copies the samples of a segment to their positions in the picture.
func (t *tiff) plain(s tiffSegment, out []uint8) error {
	perPixel := t.samples // in a pixel of the segment
	if t.planar == 2 {
		perPixel = 1
	}
	if t.photometric == tiffYCbCr {
		return t.subsampled(s, out)
	}
	stride := (s.width*perPixel*t.bits + 7) / 8
	b, err := t.unpacked(s, stride*s.height)
	if err != nil {
		return err
	}
	w, h := min(s.width, t.width-s.left), min(s.height, t.height-s.top)
	for y := range h {
		row := b[y*stride:][:stride]
		if t.predictor == 2 {
			t.predict(row, perPixel)
		}
		to := out[((s.top+y)*t.width+s.left)*t.samples+s.plane:]
		for x := range w {
			for k := range perPixel {
				to[x*t.samples+k] = t.sample(row, x*perPixel+k)
			}
		}
	}
	return nil
}

// sample is the n-th one of a row, in 8 bits; an index as it is.
func (t *tiff) sample(row []byte, n int) uint8 {
	switch t.bits {
	case 8:
		return row[n]
	case 16:
		return uint8(t.order.Uint16(row[2*n:]) >> 8)
	}
	bit := n * t.bits
	v := int(row[bit/8]) >> (8 - t.bits - bit%8) & (1<<t.bits - 1)
	if t.photometric != tiffPalette {
		v = v * 255 / (1<<t.bits - 1)
	}
	return uint8(v)
}

// predict undoes differences to the pixel before (TIFF 6.0, section 14).
func (t *tiff) predict(row []byte, perPixel int) {
	if t.bits == 8 {
		for i := perPixel; i < len(row); i++ {
			row[i] += row[i-perPixel]
		}
		return
	}
	for i := 2 * perPixel; i+1 < len(row); i += 2 {
		t.order.PutUint16(row[i:], t.order.Uint16(row[i:])+t.order.Uint16(row[i-2*perPixel:]))
	}
}

// subsampled reads units of several Y with one Cb and Cr (TIFF 6.0, section 21).
func (t *tiff) subsampled(s tiffSegment, out []uint8) error {
	unit := t.subH*t.subV + 2
	across, down := (s.width+t.subH-1)/t.subH, (s.height+t.subV-1)/t.subV
	b, err := t.unpacked(s, across*down*unit)
	if err != nil {
		return err
	}
	if t.predictor == 2 {
		for y := range s.height {
			t.predict(b[y*3*s.width:][:3*s.width], 3)
		}
	}
	w, h := min(s.width, t.width-s.left), min(s.height, t.height-s.top)
	for y := range h {
		for x := range w {
			u := b[(y/t.subV*across+x/t.subH)*unit:][:unit]
			to := out[((s.top+y)*t.width+s.left+x)*3:][:3]
			to[0], to[1], to[2] = u[y%t.subV*t.subH+x%t.subH], u[unit-2], u[unit-1]
		}
	}
	return nil
}

// jpeg decodes a segment that is a JPEG, most often without its tables.
func (t *tiff) jpeg(s tiffSegment, out []uint8) error {
	h, err := jpegall.ReadHeader(s.data)
	if err != nil {
		return err
	}
	if !h.Progressive && !h.Sequential {
		return unsupported{"a TIFF that holds " + aJPEG(h.Process)}
	}
	w, tall := min(s.width, t.width-s.left), min(s.height, t.height-s.top)
	perPixel := t.samples
	if t.planar == 2 {
		perPixel = 1
	}
	// Tiles at the right and lower edges are whole ones.
	if h.Width < w || h.Height < tall || h.Width > s.width+15 || h.Height > s.height+15 || len(h.Components) != perPixel {
		return fmt.Errorf("a piece of %d x %d pixels holds a JPEG of %d x %d with %d components", s.width, s.height,
			h.Width, h.Height, len(h.Components))
	}
	var tables []byte
	if tag, ok := t.tags[tiffJPEGTables]; ok {
		tables = tag.value
	}
	m, err := jpegall.Decode(s.data, tables)
	if err != nil {
		return err
	}
	var ycc *yuv
	if t.photometric == tiffYCbCr {
		if ycc, err = newYUV(8, 5, 0, true); err != nil {
			return err
		}
		if perPixel != 3 {
			return unsupported{"a TIFF of YCbCr samples in planes or of an odd kind"}
		}
	}
	for y := range tall {
		for x := range w {
			to := out[((s.top+y)*t.width+s.left+x)*t.samples+s.plane:]
			i := y*m.Width + x
			for k := range perPixel {
				to[k] = m.Planes[k][i]
			}
			if ycc != nil {
				l, cb, cr := ycc.y[to[0]], to[1], to[2]
				to[0], to[1], to[2] = clamp(l+ycc.rv[cr]), clamp(l+ycc.gu[cb]+ycc.gv[cr]), clamp(l+ycc.bu[cb])
			}
		}
	}
	return nil
}
