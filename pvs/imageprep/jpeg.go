package imageprep

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"slices"

	"github.com/gen2brain/jpegn"
)

var errCutOff = errors.New("it is cut off")

// The second bytes of two markers (ITU-T T.81, table B.1).
const (
	endOfImage  = 0xd9
	startOfScan = 0xda
)

// decodeJPEG decodes by jpegn in a third of the time of the standard library, which does
// what jpegn cannot: printers' colours, whose Adobe kind jpegn inverts, and odd files; and RGB,
// whose end would tell nothing below.
// Jpegn makes up what is missing at the end, so the end is looked for first, and where
// data before it may be missing, the standard library, which refuses that, reads the file too.
func decodeJPEG(data []byte, model color.Model) (image.Image, error) {
	begin, end, progressive := scansOf(data)
	if end < 0 {
		return nil, errCutOff
	}
	if model != color.YCbCrModel && model != color.GrayModel {
		return jpeg.Decode(bytes.NewReader(data))
	}
	marked := data
	if !progressive {
		for data[end-1] == 0xff { // filling, or half of what stands for a byte 255
			end--
		}
		marked = slices.Concat(data[:end], beyond, []byte{0xff, endOfImage})
	}
	m, err := jpegn.Decode(bytes.NewReader(marked), &jpegn.Options{ToRGBA: true, UpsampleMethod: jpegn.CatmullRom})
	if err != nil {
		return jpeg.Decode(bytes.NewReader(data))
	}
	if progressive && !refined(data[begin:end]) || !progressive && ranOut(m, model) {
		_, err = jpeg.Decode(bytes.NewReader(data))
	}
	return m, err
}

// beyond goes behind the scan of a sequential JPEG, where a decoder that has met all blocks
// does not look. No code is all ones (ITU-T T.81, C.2): where data is missing jpegn gives up
// here, and samples stay 0, which else would be those of the block before, as on a
// plain ground. It is longer than a value and what jpegn reads ahead.
var beyond = bytes.Repeat([]byte{0xff, 0x00}, 16)

// ranOut says whether the last samples of a sequential JPEG may have stayed 0: those of grey, or
// of Cr, which comes last and makes a green or cyan without red, or a glaring one, of any Y and Cb.
func ranOut(m image.Image, model color.Model) bool {
	last := m.Bounds().Max.Sub(image.Pt(1, 1))
	c := color.RGBAModel.Convert(m.At(last.X, last.Y)).(color.RGBA)
	if model == color.GrayModel {
		return c.G == 0
	}
	return c.R == 0 && c.G >= 20 || int(c.G)-int(c.R) >= 100
}

// refined says whether the last scan of a progressive JPEG brings the last bit of the first
// component's AC coefficients (ITU-T T.81, G.1.1.1). Encoders end with that as a rule, and where
// some of it is missing the photo is only a little coarser.
func refined(scans []byte) bool {
	const lastBit = 0x10 // from bit 1 to bit 0
	last := scans[bytes.LastIndex(scans, []byte{0xff, startOfScan}):]
	return len(last) >= 10 && last[4] == 1 && last[5] == scans[5] && last[9] == lastBit
}

// scansOf says where the first scan of a JPEG begins and where the marker that ends the
// image (B.1.1.3) comes after it, -1 if it does not; a thumbnail in its header has one
// of its own. In a scan's data the two bytes cannot stand for anything else.
func scansOf(data []byte) (begin, end int, progressive bool) {
	const progressiveFrame = 0xc2
	at := 2
	for at+4 <= len(data) {
		if data[at] != 0xff || data[at+1] == 0xff { // not a marker yet, or filling before one
			at++
			continue
		}
		m := data[at+1]
		if m == startOfScan {
			if n := bytes.Index(data[at:], []byte{0xff, endOfImage}); n >= 0 {
				return at, at + n, progressive
			}
			break
		}
		if m == 0 || m == 1 || m >= 0xd0 && m <= 0xd8 { // has no length
			at += 2
			continue
		}
		progressive = progressive || m == progressiveFrame
		at += 2 + int(data[at+2])<<8 + int(data[at+3])
	}
	return -1, -1, false
}
