package imageprep

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"

	"golang.org/x/image/webp"

	"github.com/gopvs/product-visual-search/pvs/internal/still"
)

// webpFile is what the chunks of a WebP file hold (WebP container specification, RFC 9649).
type webpFile struct {
	width, height int // of the canvas; 0 without an extended header
	animated      bool
	cutOut        bool // it has alpha
	left, top     int  // of the first frame
	frameW        int  // of the first frame of an animation
	frameH        int
	alpha, lossy  []byte // chunks with their headers
	lossless      []byte
	exif, xmp     []byte
}

// decodeWebP reads a WebP file, of an animation the first frame on its canvas; around it this is
// transparent, or black where the file says that it has no alpha, as Pillow has it.
//
// golang.org/x/image/webp decodes; it takes the limited range of VP8 for the full one (16 is black, 235 white), so
// colours are converted here, and interpolated between samples as libwebp does.
func decodeWebP(data []byte, limits Limits) (*RGB, error) {
	f := &webpFile{}
	if err := f.chunks(data); err != nil {
		return nil, err
	}
	w, h, err := f.size()
	if err != nil {
		return nil, err
	}
	if f.width > 0 {
		if err := limits.size(f.width, f.height); err != nil {
			return nil, err
		}
	}
	if err := limits.size(w, h); err != nil {
		return nil, err
	}
	switch {
	case !f.animated && f.width > 0 && (w != f.width || h != f.height), f.animated && (w != f.frameW || h != f.frameH):
		return nil, errors.New("its picture is not of the size that its header says")
	case f.animated && (f.left+w > f.width || f.top+h > f.height):
		return nil, errors.New("its first frame lies outside of its canvas")
	}
	m, err := webp.Decode(bytes.NewReader(f.single(w, h)))
	if err != nil {
		return nil, err
	}
	frame, err := f.colors(m)
	if err != nil {
		return nil, err
	}
	if f.animated && (w != f.width || h != f.height) {
		canvas := NewRGB(f.width, f.height)
		if f.cutOut {
			canvas.setPixels(func(_, _ int) (r, g, b uint8) { return 255, 255, 255 })
		}
		for y := range h {
			copy(canvas.Pix[3*((f.top+y)*f.width+f.left):], frame.Pix[3*y*w:][:3*w])
		}
		frame = canvas
	}
	return frame.upright(orientationOf(f.exif, f.xmp)), nil
}

// eachChunk calls a function with each chunk of RIFF, its header before it.
func eachChunk(data []byte, do func(kind string, chunk []byte) error) error {
	for len(data) >= 8 {
		n := uint64(binary.LittleEndian.Uint32(data[4:])) + 8
		if n > uint64(len(data)) {
			return errCutOff
		}
		if err := do(string(data[:4]), data[:n]); err != nil {
			return err
		}
		data = data[min(n+n&1, uint64(len(data))):]
	}
	return nil
}

func (f *webpFile) chunks(data []byte) error {
	end := uint64(binary.LittleEndian.Uint32(data[4:])) + 8
	if end > uint64(len(data)) {
		return errCutOff
	}
	if end < 12 {
		return errors.New("its header gives a length that is too small")
	}
	return eachChunk(data[12:end], func(kind string, chunk []byte) error {
		body := chunk[8:]
		switch kind {
		case "VP8X":
			if len(body) < 10 {
				return errCutOff
			}
			f.animated, f.cutOut = body[0]&2 != 0, body[0]&0x10 != 0
			f.width, f.height = 1+uint24(body[4:]), 1+uint24(body[7:])
		case "ANMF":
			if f.lossy != nil || f.lossless != nil || !f.animated {
				return nil // later frames
			}
			if len(body) < 16 {
				return errCutOff
			}
			f.left, f.top, f.frameW, f.frameH = 2*uint24(body), 2*uint24(body[3:]), 1+uint24(body[6:]),
				1+uint24(body[9:])
			return eachChunk(body[16:], func(kind string, chunk []byte) error {
				f.picture(kind, chunk)
				return nil
			})
		case "EXIF":
			f.exif = body
		case "XMP ":
			f.xmp = body
		default:
			if !f.animated {
				f.picture(kind, chunk)
			}
		}
		return nil
	})
}

// picture notes the chunks of a frame, the first of each kind.
func (f *webpFile) picture(kind string, chunk []byte) {
	switch {
	case f.lossy != nil || f.lossless != nil: // the picture comes last
	case kind == "ALPH":
		f.alpha = chunk
	case kind == "VP8 ":
		f.lossy = chunk
	case kind == "VP8L":
		f.lossless = chunk
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// size reads the size of the picture itself.
func (f *webpFile) size() (width, height int, err error) {
	switch {
	case f.lossy != nil:
		b := f.lossy[8:]
		if len(b) < 10 {
			return 0, 0, errCutOff
		}
		if b[0]&1 != 0 || string(b[3:6]) != "\x9d\x01\x2a" {
			return 0, 0, errors.New("its picture is no key frame")
		}
		return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff), nil
	case f.lossless != nil:
		b := f.lossless[8:]
		if len(b) < 5 {
			return 0, 0, errCutOff
		}
		v := binary.LittleEndian.Uint32(b[1:])
		return 1 + int(v&0x3fff), 1 + int(v>>14&0x3fff), nil
	}
	return 0, 0, errors.New("it holds no picture")
}

// single is a file of the picture alone.
func (f *webpFile) single(w, h int) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	if f.lossless != nil {
		out = append(out, f.lossless...)
	} else {
		if f.alpha != nil {
			out = append(out, "VP8X\x0a\x00\x00\x00\x10\x00\x00\x00"...)
			out = append(out, byte(w-1), byte((w-1)>>8), byte((w-1)>>16), byte(h-1), byte((h-1)>>8), byte((h-1)>>16))
			out = append(out, f.alpha...)
			if len(f.alpha)%2 == 1 {
				out = append(out, 0)
			}
		}
		out = append(out, f.lossy...)
	}
	if len(out)%2 == 1 {
		out = append(out, 0)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// colors converts what x/image/webp decodes.
func (f *webpFile) colors(m image.Image) (*RGB, error) {
	var planes *image.YCbCr
	var alpha *image.NYCbCrA
	switch m := m.(type) {
	case *image.YCbCr:
		planes = m
	case *image.NYCbCrA:
		planes, alpha = &m.YCbCr, m
	case *image.NRGBA:
		return f.losslessColors(m), nil
	default:
		return nil, errors.New("its decoder gave an image of an unknown kind")
	}
	c, err := newYUV(8, 5, 0, false)
	if err != nil {
		return nil, err
	}
	c.smooth = true
	b := planes.Rect
	out := NewRGB(b.Dx(), b.Dy())
	p := &still.Picture{Width: b.Dx(), Height: b.Dy(), Chroma: still.YUV420, Bits: 8, Planes: [3][]byte{planes.Y,
		planes.Cb, planes.Cr},
		Strides: [3]int{planes.YStride, planes.CStride, planes.CStride}}
	if err := c.draw(p, out, 0, 0); err != nil {
		return nil, err
	}
	if alpha != nil {
		for y := range out.Height {
			row := alpha.A[y*alpha.AStride:]
			for x := range out.Width {
				layOnWhite(out.Pix[3*(y*out.Width+x):][:3], row[x], false)
			}
		}
	}
	return out, nil
}

// losslessColors lays a picture on white, unless it says that its alpha is none.
func (f *webpFile) losslessColors(m *image.NRGBA) *RGB {
	cutOut := f.lossless[8+4]&0x10 != 0
	out := NewRGB(m.Rect.Dx(), m.Rect.Dy())
	for y := range out.Height {
		row := m.Pix[y*m.Stride:]
		for x := range out.Width {
			to := out.Pix[3*(y*out.Width+x):][:3]
			copy(to, row[4*x:4*x+3])
			if cutOut {
				layOnWhite(to, row[4*x+3], false)
			}
		}
	}
	return out
}
