package imageprep

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"image/png"
	"io"
	"strings"
)

// decodePNG reads a PNG, of an animated one the picture that others show.
func decodePNG(data []byte, limits Limits) (*RGB, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if err := limits.size(config.Width, config.Height); err != nil {
		return nil, err
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return FromImage(m).upright(pngOrientation(data)), nil
}

// pngOrientation looks for EXIF in a PNG's chunks: eXIf, ImageMagick's profile as text in hexadecimal, or XMP.
func pngOrientation(data []byte) int {
	var exif, raw, xmp []byte
	for at := 8; at+12 <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		if n > int64(len(data)-at-12) {
			break
		}
		body := data[at+8 : at+8+int(n)]
		switch string(data[at+4 : at+8]) {
		case "eXIf":
			exif = body
		case "tEXt", "zTXt", "iTXt":
			switch name, text := pngText(string(data[at+4:at+8]), body); name {
			case "Raw profile type exif", "Raw profile type APP1":
				if raw == nil {
					raw = profile(text)
				}
			case "XML:com.adobe.xmp":
				xmp = text
			}
		}
		at += 12 + int(n)
	}
	if exif == nil {
		exif = raw
	}
	return orientationOf(exif, xmp)
}

// mostText bounds what a packed text may become; EXIF has 64 KiB at most.
const mostText = 4 << 20

// pngText reads a text chunk (PNG 1.2, 4.2.3); text is nil of one that is damaged.
func pngText(kind string, body []byte) (name string, text []byte) {
	key, rest, ok := bytes.Cut(body, []byte{0})
	if !ok {
		return "", nil
	}
	packed := kind == "zTXt"
	switch {
	case packed && len(rest) > 0:
		rest = rest[1:]
	case kind == "iTXt" && len(rest) >= 2:
		packed = rest[0] == 1
		if _, rest, ok = bytes.Cut(rest[2:], []byte{0}); ok { // the language
			_, rest, _ = bytes.Cut(rest, []byte{0}) // the name in it
		}
	}
	if packed {
		r, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			return "", nil
		}
		if rest, err = io.ReadAll(io.LimitReader(r, mostText)); err != nil {
			return "", nil
		}
	}
	return string(key), rest
}

// profile unpacks what ImageMagick writes: a line with a name, one with a length, and hexadecimal digits.
func profile(text []byte) []byte {
	lines := strings.SplitN(strings.TrimLeft(string(text), "\n"), "\n", 3)
	if len(lines) < 3 {
		return nil
	}
	out, err := hex.DecodeString(strings.Join(strings.Fields(lines[2]), ""))
	if err != nil {
		return nil
	}
	return out
}
