package imageprep

import (
	"bytes"
	"encoding/binary"
)

// exifOrientation returns the orientation, 1 to 8, that a JPEG's EXIF segment gives;
// 1 (upright) where there is none or it makes no sense. Only this tag is needed, so
// no EXIF library is: JPEG segments, then one TIFF directory (Exif 2.3, 4.6).
func exifOrientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, length := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || length < 2 || at+2+length > len(data) {
			break // the picture starts, or the file ends
		}
		segment := data[at+4 : at+2+length]
		if marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[6:])
		}
		at += 2 + length
	}
	return 1
}

// tiffOrientation looks the tag up in the first directory of a TIFF header.
func tiffOrientation(t []byte) int {
	const tagOrientation, typeShort = 0x0112, 3
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if t[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 1
	}
	entries := int64(order.Uint16(t[at:]))
	for at += 2; entries > 0 && at+12 <= int64(len(t)); at, entries = at+12, entries-1 {
		if order.Uint16(t[at:]) == tagOrientation && order.Uint16(t[at+2:]) == typeShort {
			if o := int(order.Uint16(t[at+8:])); o >= 1 && o <= 8 {
				return o
			}
		}
	}
	return 1
}

// upright undoes an orientation: 2 mirrored, 3 upside down, 4 both, 5 to 8 the same
// on the side.
func (p *RGB) upright(orientation int) *RGB {
	if orientation <= 1 {
		return p
	}
	w, h := p.Width, p.Height
	out := NewRGB(w, h)
	if orientation >= 5 {
		out = NewRGB(h, w)
	}
	out.each(func(x, y int) (uint8, uint8, uint8) {
		sx, sy := x, y
		switch orientation {
		case 2:
			sx = w - 1 - x
		case 3:
			sx, sy = w-1-x, h-1-y
		case 4:
			sy = h - 1 - y
		case 5:
			sx, sy = y, x
		case 6:
			sx, sy = y, h-1-x
		case 7:
			sx, sy = w-1-y, h-1-x
		case 8:
			sx, sy = w-1-y, x
		}
		i := 3 * (sy*w + sx)
		return p.Pix[i], p.Pix[i+1], p.Pix[i+2]
	})
	return out
}
