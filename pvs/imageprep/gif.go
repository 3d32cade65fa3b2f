package imageprep

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"errors"
	"io"
)

// decodeGIF reads the first frame of a GIF on its screen, which grows where the frame is larger; around a smaller one
// it is transparent or, as Pillow has it, of the color of index 0 (GIF89a, sections 18 to 22).
func decodeGIF(data []byte, limits Limits) (*RGB, error) {
	if len(data) < 13 {
		return nil, errCutOff
	}
	width, height := int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	var colors []byte
	at := 13
	if data[10]&0x80 != 0 {
		n := 3 << (data[10]&7 + 1)
		if at+n > len(data) {
			return nil, errCutOff
		}
		colors = data[at : at+n]
		at += n
	}
	transparent := -1
	for {
		if at >= len(data) {
			return nil, errCutOff
		}
		switch data[at] {
		case 0: // filling
			at++
		case '!':
			if at+2 >= len(data) {
				return nil, errCutOff
			}
			block := gifBlock(data[at+2:])
			if data[at+1] == 0xf9 && len(block) >= 4 {
				if transparent = -1; block[0]&1 != 0 {
					transparent = int(block[3])
				}
			}
			n, err := gifBlocks(data[at+2:], nil)
			if err != nil {
				return nil, err
			}
			at += 2 + n
		case ',':
			f := &gifFrame{colors: colors, transparent: transparent}
			return f.decode(data[at+1:], width, height, limits)
		case ';':
			return nil, errors.New("it holds no picture")
		default:
			return nil, errors.New("a block of an unknown kind comes before the picture")
		}
	}
}

// gifBlock returns the first block of data.
func gifBlock(data []byte) []byte {
	if len(data) == 0 || int(data[0]) >= len(data) {
		return nil
	}
	return data[1 : 1+int(data[0])]
}

// gifBlocks copies blocks of data up to their end and returns their length.
func gifBlocks(data []byte, to *bytes.Buffer) (n int, err error) {
	for n < len(data) {
		size := int(data[n])
		n++
		if size == 0 {
			return n, nil
		}
		if n+size > len(data) {
			return n, errCutOff
		}
		if to != nil {
			to.Write(data[n : n+size])
		}
		n += size
	}
	return n, errCutOff
}

// gifFrame is a picture of a GIF.
type gifFrame struct {
	colors      []byte
	transparent int // index; -1: none
}

func (f *gifFrame) decode(data []byte, screenWidth, screenHeight int, limits Limits) (*RGB, error) {
	if len(data) < 10 {
		return nil, errCutOff
	}
	left, top := int(binary.LittleEndian.Uint16(data)), int(binary.LittleEndian.Uint16(data[2:]))
	w, h := int(binary.LittleEndian.Uint16(data[4:])), int(binary.LittleEndian.Uint16(data[6:]))
	flags := data[8]
	data = data[9:]
	if err := limits.size(max(screenWidth, left+w), max(screenHeight, top+h)); err != nil {
		return nil, err
	}
	if w == 0 || h == 0 {
		return nil, errors.New("its picture has no pixels")
	}
	if flags&0x80 != 0 {
		n := 3 << (flags&7 + 1)
		if n > len(data) {
			return nil, errCutOff
		}
		f.colors, data = data[:n], data[n:]
	}
	if len(data) < 1 {
		return nil, errCutOff
	}
	bits := int(data[0])
	if bits < 2 || bits > 8 {
		return nil, errors.New("its codes have a wrong size")
	}
	pixels, err := gifPixels(data[1:], bits, w*h)
	if err != nil {
		return nil, err
	}
	out := NewRGB(max(screenWidth, left+w), max(screenHeight, top+h))
	if screenWidth > w || screenHeight > h || left > 0 || top > 0 {
		r, g, b := f.color(max(f.transparent, 0))
		out.setPixels(func(_, _ int) (uint8, uint8, uint8) { return r, g, b })
	}
	for y := range h {
		row := pixels[y*w:][:w]
		to := y
		if flags&0x40 != 0 {
			to = gifInterlaced(y, h)
		}
		line := out.Pix[3*((top+to)*out.Width+left):]
		for x, v := range row {
			line[3*x], line[3*x+1], line[3*x+2] = f.color(int(v))
		}
	}
	return out, nil
}

// color is that of an index; beyond the table it is black, without a table grey.
func (f *gifFrame) color(index int) (r, g, b uint8) {
	switch {
	case index == f.transparent:
		return 255, 255, 255
	case f.colors == nil:
		return uint8(index), uint8(index), uint8(index)
	case 3*index+3 > len(f.colors):
		return 0, 0, 0
	}
	return f.colors[3*index], f.colors[3*index+1], f.colors[3*index+2]
}

// gifPixels unpacks indices.
func gifPixels(data []byte, bits, n int) ([]byte, error) {
	var packed bytes.Buffer
	_, cut := gifBlocks(data, &packed) // if data are missing it shows below, or only the end is
	out := make([]byte, n)
	_, err := io.ReadFull(lzw.NewReader(&packed, lzw.LSB, bits), out)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), err != nil && cut != nil:
		return nil, errCutOff
	case err != nil:
		return nil, err
	}
	return out, nil
}

// gifInterlaced is the row of the picture that is the n-th row of an interlaced file (appendix E).
func gifInterlaced(n, height int) int {
	for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		rows := (height - pass[0] + pass[1] - 1) / pass[1]
		if n < rows {
			return pass[0] + n*pass[1]
		}
		n -= rows
	}
	return 0
}
