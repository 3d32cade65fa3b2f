package imageprep

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// bmp is what the headers of a BMP say (BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER to V5, and OS/2's second
// one).
type bmp struct {
	width, height int
	topDown       bool
	depth         int // bits a pixel
	compression   uint32
	masks         [4]uint32 // red, green, blue, alpha
	palette       []byte
	entry         int // bytes of a color of the palette
	pixels        []byte
}

// Compression methods.
const (
	bmpPlain, bmpRLE8, bmpRLE4, bmpFields    = 0, 1, 2, 3
	bmpJPEG, bmpPNG, bmpAlphaFields, bmpCore = 4, 5, 6, 12
)

// plausibleBMP distinguishes a BMP from a text that starts with BM.
func plausibleBMP(data []byte) bool {
	n := binary.LittleEndian.Uint32(data[14:])
	return n == bmpCore || n >= 16 && n <= 124
}

// decodeBMP reads a BMP of any depth and header. Where a header has a mask for alpha, alpha counts, unless it is 0 in
// all pixels, as programs write that know nothing of it; a fourth byte without a mask is nothing.
func decodeBMP(data []byte, limits Limits) (*RGB, error) {
	b, err := readBMP(data, limits)
	if err != nil {
		return nil, err
	}
	switch {
	case b.compression == bmpRLE8 || b.compression == bmpRLE4:
		return b.runs()
	case b.depth <= 8:
		return b.mapped()
	}
	return b.direct()
}

// isDIB recognises a BMP without its file header by the header that follows it.
func isDIB(data []byte) bool {
	if len(data) < 40 {
		return false
	}
	size, planes, depth := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint16(data[12:]),
		binary.LittleEndian.Uint16(data[14:])
	return (size == 40 || size == 52 || size == 56 || size == 108 || size == 124) && planes == 1 && depth >= 1 &&
		depth <= 32
}

// decodeDIB reads a BMP without its file header.
func decodeDIB(data []byte, limits Limits) (*RGB, error) {
	return decodeBMP(append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), data...), limits)
}

func readBMP(data []byte, limits Limits) (*bmp, error) {
	le := binary.LittleEndian
	start, size := int64(le.Uint32(data[10:])), int64(le.Uint32(data[14:]))
	if 14+size > int64(len(data)) {
		return nil, errCutOff
	}
	h := data[14 : 14+size]
	b := &bmp{entry: 4}
	colors := 0
	if size == bmpCore {
		b.width, b.height, b.depth, b.entry = int(le.Uint16(h[4:])), int(le.Uint16(h[6:])), int(le.Uint16(h[10:])), 3
	} else {
		whole := make([]byte, 124) // OS/2's second header may be cut short: what is not there is 0
		copy(whole, h)
		h = whole
		b.width, b.height, b.depth, b.compression = int(int32(le.Uint32(h[4:]))), int(int32(le.Uint32(h[8:]))),
			int(le.Uint16(h[14:])), le.Uint32(h[16:])
		colors = int(le.Uint32(h[32:]))
		if b.height < 0 {
			b.height, b.topDown = -b.height, true
		}
	}
	if err := limits.size(b.width, b.height); err != nil {
		return nil, err
	}
	after := 14 + size
	if size == 64 && b.compression == 3 || size == 64 && b.compression == 4 {
		return nil, unsupported{"a BMP of OS/2 with Huffman's or 24-bit runs"}
	}
	switch b.compression {
	case bmpPlain:
		switch b.depth {
		case 16:
			b.masks = [4]uint32{0x7c00, 0x3e0, 0x1f}
		case 24, 32:
			b.masks = [4]uint32{0xff0000, 0xff00, 0xff}
		}
	case bmpFields, bmpAlphaFields:
		n := 3
		if b.compression == bmpAlphaFields || size >= 56 && size != 64 {
			n = 4
		}
		masks := h[40:]
		if size == 40 { // then the masks follow the header
			if after+int64(4*n) > int64(len(data)) {
				return nil, errCutOff
			}
			masks = data[after:]
			after += int64(4 * n)
		}
		for i := range n {
			b.masks[i] = le.Uint32(masks[4*i:])
		}
		if b.masks == [4]uint32{} && b.depth == 32 {
			b.masks = [4]uint32{0xff0000, 0xff00, 0xff, 0xff000000}
		}
	case bmpRLE8, bmpRLE4:
		if b.compression == bmpRLE8 && b.depth != 8 || b.compression == bmpRLE4 && b.depth != 4 {
			return nil, fmt.Errorf("it has runs of another depth than its %d bits", b.depth)
		}
	case bmpJPEG, bmpPNG:
		return nil, unsupported{"a BMP that wraps a JPEG or PNG for a printer"}
	default:
		return nil, unsupported{fmt.Sprintf("a BMP of compression %d", b.compression)}
	}
	switch b.depth {
	case 1, 2, 4, 8:
		if b.compression == bmpFields || b.compression == bmpAlphaFields {
			return nil, errors.New("it has masks for colours of a palette")
		}
		if colors == 0 || colors > 1<<b.depth {
			colors = 1 << b.depth
		}
		end := min(after+int64(b.entry*colors), int64(len(data)))
		if start > after {
			end = min(end, start)
		}
		b.palette = data[after:end]
		after = end
	case 16, 24, 32:
	default:
		return nil, unsupported{fmt.Sprintf("a BMP of %d bits a pixel", b.depth)}
	}
	if start == 0 {
		start = after
	}
	if start > int64(len(data)) {
		return nil, errCutOff
	}
	b.pixels = data[start:]
	return b, nil
}

// row is the row of the picture that the n-th row of the file is.
func (b *bmp) row(n int) int {
	if b.topDown {
		return n
	}
	return b.height - 1 - n
}

// rows checks that all rows are there; they are of whole 4 bytes.
func (b *bmp) rows() (stride int, err error) {
	bits := int64(b.width) * int64(b.depth)
	stride = int((bits + 31) / 32 * 4)
	need := int64(stride)*int64(b.height-1) + (bits+7)/8 // the last row may lack its padding
	if need > int64(len(b.pixels)) {
		return 0, errCutOff
	}
	return stride, nil
}

// color is a colour of the palette, or black beyond its end.
func (b *bmp) color(index int) (red, green, blue uint8) {
	at := b.entry * index
	if at+3 > len(b.palette) {
		return 0, 0, 0
	}
	return b.palette[at+2], b.palette[at+1], b.palette[at]
}

func (b *bmp) mapped() (*RGB, error) {
	stride, err := b.rows()
	if err != nil {
		return nil, err
	}
	out := NewRGB(b.width, b.height)
	mask := 1<<b.depth - 1
	for y := range b.height {
		from, to := b.pixels[y*stride:], out.Pix[3*b.row(y)*b.width:]
		for x := range b.width {
			bit := x * b.depth
			index := int(from[bit/8]) >> (8 - b.depth - bit%8) & mask
			to[3*x], to[3*x+1], to[3*x+2] = b.color(index)
		}
	}
	return out, nil
}

// field takes a color out of a pixel and brings it to 8 bits.
type field struct {
	mask  uint32
	shift int
	top   uint32
}

func fieldOf(mask uint32) field {
	if mask == 0 {
		return field{}
	}
	shift := bits.TrailingZeros32(mask)
	return field{mask, shift, mask >> shift}
}

func (f field) of(v uint32) uint8 {
	if f.mask == 0 {
		return 0
	}
	n := v & f.mask >> f.shift
	switch f.top {
	case 0xff:
		return uint8(n)
	case 0xffff: // the upper byte, as for other images of 16 bits
		return uint8(n >> 8)
	}
	return uint8(uint64(n) * 255 / uint64(f.top))
}

func (b *bmp) direct() (*RGB, error) {
	stride, err := b.rows()
	if err != nil {
		return nil, err
	}
	out := NewRGB(b.width, b.height)
	red, green, blue, alpha := fieldOf(b.masks[0]), fieldOf(b.masks[1]), fieldOf(b.masks[2]), fieldOf(b.masks[3])
	size := b.depth / 8
	pixel := func(x, y int) (v uint32) {
		from := b.pixels[y*stride+x*size:][:size]
		for i, s := range from {
			v |= uint32(s) << (8 * i)
		}
		return v
	}
	cutOut := false
	for y := 0; alpha.mask != 0 && !cutOut && y < b.height; y++ {
		for x := 0; !cutOut && x < b.width; x++ {
			cutOut = pixel(x, y)&alpha.mask != 0
		}
	}
	for y := range b.height {
		to := out.Pix[3*b.row(y)*b.width:]
		for x := range b.width {
			v := pixel(x, y)
			rgb := to[3*x:][:3]
			rgb[0], rgb[1], rgb[2] = red.of(v), green.of(v), blue.of(v)
			if cutOut {
				layOnWhite(rgb, alpha.of(v), false)
			}
		}
	}
	return out, nil
}

// runs reads compressed rows. Pixels that are jumped over have index 0; what lies beyond the picture is left out.
func (b *bmp) runs() (*RGB, error) {
	indices := make([]uint8, b.width*b.height)
	x, y := 0, 0
	put := func(v byte) {
		if x < b.width && y < b.height {
			indices[y*b.width+x] = v
		}
		x++
	}
	nibble := func(v byte, i int) byte {
		switch {
		case b.compression == bmpRLE8:
			return v
		case i%2 == 0:
			return v >> 4
		}
		return v & 15
	}
	p := b.pixels
	for ended := false; !ended; {
		if y >= b.height || y == b.height-1 && x >= b.width && len(p) < 2 {
			break // complete, but without an end marker
		}
		if len(p) < 2 {
			return nil, errCutOff
		}
		n, v := int(p[0]), p[1]
		p = p[2:]
		switch {
		case n > 0:
			for i := range n {
				put(nibble(v, i))
			}
		case v == 0:
			x, y = 0, y+1
		case v == 1:
			ended = true
		case v == 2:
			if len(p) < 2 {
				return nil, errCutOff
			}
			x, y = x+int(p[0]), y+int(p[1])
			p = p[2:]
		default:
			size := int(v)
			if b.compression == bmpRLE4 {
				size = (size + 1) / 2
			}
			if len(p) < size {
				return nil, errCutOff
			}
			for i := range int(v) {
				at := i
				if b.compression == bmpRLE4 {
					at = i / 2
				}
				put(nibble(p[at], i))
			}
			p = p[min(size+size&1, len(p)):]
		}
	}
	out := NewRGB(b.width, b.height)
	for n := range b.height {
		to := out.Pix[3*b.row(n)*b.width:]
		for x, v := range indices[n*b.width:][:b.width] {
			to[3*x], to[3*x+1], to[3*x+2] = b.color(int(v))
		}
	}
	return out, nil
}
