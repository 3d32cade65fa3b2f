package imageprep

import (
	"bytes"
	"encoding/binary"
	"regexp"
)

const (
	exifMark = "Exif\x00\x00"
	xmpMark  = "http://ns.adobe.com/xap/1.0/\x00"
)

// orientationOf returns the orientation in EXIF, 1 to 8, or else in XMP; 1 (upright) where neither has a valid one.
// Only this tag is needed, so no EXIF library is used: it is in the first TIFF directory (Exif 2.3, 4.6).
func orientationOf(exif, xmp []byte) int {
	for bytes.HasPrefix(exif, []byte(exifMark)) {
		exif = exif[len(exifMark):]
	}
	if o, ok := tiffOrientation(exif); ok {
		return valid(o)
	}
	return xmpOrientation(xmp)
}

func valid(orientation int) int {
	if orientation < 1 || orientation > 8 {
		return 1
	}
	return orientation
}

var xmpTag = regexp.MustCompile(`tiff:Orientation(?:="|>)([0-9])`)

// xmpOrientation finds the tag in XMP, as an attribute or an element.
func xmpOrientation(xmp []byte) int {
	if m := xmpTag.FindSubmatch(xmp); m != nil {
		return valid(int(m[1][0] - '0'))
	}
	return 1
}

// jpegOrientation searches a JPEG's segments. Long EXIF data continue in further segments.
func jpegOrientation(data []byte) int {
	var exif, xmp []byte
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xff || data[at+1] == 0xff { // fill bytes before a marker (ITU-T T.81, B.1.1.2)
			at++
			continue
		}
		marker, length := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 { // has no length
			at += 2
			continue
		}
		if marker == startOfScan || marker == endOfImage || length < 2 || at+2+length > len(data) {
			break // the picture starts, or the file ends
		}
		segment := data[at+4 : at+2+length]
		if marker == 0xe1 {
			if rest, ok := bytes.CutPrefix(segment, []byte(exifMark)); ok {
				exif = append(exif[:len(exif):len(exif)], rest...)
			} else if rest, ok := bytes.CutPrefix(segment, []byte(xmpMark)); ok && xmp == nil {
				xmp = rest
			}
		}
		at += 2 + length
	}
	return orientationOf(exif, xmp)
}

// tiffOrientation looks the tag up in the first directory of a TIFF header; ok is false where it is not there.
// Its type is an integer of 16 or 32 bits.
func tiffOrientation(t []byte) (orientation int, ok bool) {
	const tagOrientation = 0x0112
	if len(t) < 8 {
		return 0, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if t[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 0, false
	}
	entries := int64(order.Uint16(t[at:]))
	for at += 2; entries > 0 && at+12 <= int64(len(t)); at, entries = at+12, entries-1 {
		if order.Uint16(t[at:]) != tagOrientation {
			continue
		}
		value := t[at+8 : at+12]
		if order.Uint32(t[at+4:]) != 1 {
			return 1, true
		}
		switch order.Uint16(t[at+2:]) {
		case 3, 8: // SHORT, SSHORT
			return int(order.Uint16(value)), true
		case 4, 9: // LONG, SLONG
			return int(min(order.Uint32(value), 9)), true
		}
		return 1, true
	}
	return 0, false
}

// upright undoes an orientation: 2 mirrored, 3 rotated by 180 degrees, 4 both, 5 to 8 the
// same with rows and columns exchanged.
func (p *RGB) upright(orientation int) *RGB {
	if orientation <= 1 {
		return p
	}
	w, h := p.Width, p.Height
	out := NewRGB(w, h)
	if orientation >= 5 {
		out = NewRGB(h, w)
	}
	out.setPixels(func(x, y int) (uint8, uint8, uint8) {
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
