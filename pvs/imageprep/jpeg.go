package imageprep

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"slices"

	"github.com/gen2brain/jpegn"

	"github.com/gopvs/product-visual-search/pvs/internal/jpegall"
	"github.com/gopvs/product-visual-search/pvs/internal/jpegsmall"
)

// The second bytes of two markers (ITU-T T.81, table B.1).
const (
	endOfImage  = 0xd9
	startOfScan = 0xda
)

// decodeJPEG decodes photos of which an eighth or a quarter suffices by package jpegsmall, others by jpegn, the fastest
// decoder here of whole ones, and by package jpegall what neither supports:
// CMYK, several scans that are not progressive, 12 bits, unusual sampling, and RGB, where the check for missing samples
// below would not work. Jpegn invents data that are missing at the end. So the end marker is searched first, and where
// data before it may be missing, jpegall, which refuses such files, decodes the file too.
func decodeJPEG(data []byte, limits Limits) (*RGB, error) {
	h, err := jpegall.ReadHeader(data)
	if err != nil {
		return nil, err
	}
	if !h.Progressive && !h.Sequential {
		return nil, unsupported{aJPEG(h.Process)}
	}
	if h.Bits != 8 && h.Bits != 12 {
		return nil, unsupported{fmt.Sprintf("a JPEG of %d bits a sample", h.Bits)}
	}
	if len(h.Components) == 2 {
		return nil, unsupported{"a JPEG of two components"}
	}
	if err := limits.size(h.Width, h.Height); err != nil {
		return nil, err
	}
	orientation := jpegOrientation(data)
	begin, end := scansOf(data)
	if end < 0 {
		return nil, errCutOff
	}
	scans := bytes.Count(data[begin:end], []byte{0xff, startOfScan})
	if scans > fewScans && (scans > maxScans || int64(scans)*int64(h.Width)*int64(h.Height) > maxScanned) {
		return nil, unsupported{fmt.Sprintf("a JPEG of %d scans, which would take too long", scans)}
	}
	if one := int(data[begin+4]) == len(h.Components); !usual(h) || !h.Progressive && !one {
		return decodeRareJPEG(data, nil, transformOf(h), orientation)
	}
	denominator := limits.denominator(h.Width, h.Height)
	// What jpegsmall does not take may be damaged or only unusual: the others find out.
	if denominator > 2 && (!h.Progressive || refined(data[begin:end])) {
		if pix, err := jpegsmall.Decode(data[:end+2], h, denominator); err == nil {
			small := &RGB{Width: (h.Width + denominator - 1) / denominator,
				Height: (h.Height + denominator - 1) / denominator, Pix: pix}
			return small.upright(orientation), nil
		}
	}
	m, err := decodeUsualJPEG(data, h, begin, end, denominator)
	if err != nil {
		return decodeRareJPEG(data, nil, transformOf(h), orientation)
	}
	return FromImage(m).upright(orientation), nil
}

func aJPEG(process string) string {
	switch process {
	case "arithmetic-coded":
		return "an arithmetic-coded JPEG"
	case "JPEG-LS":
		return "a JPEG-LS image"
	}
	return "a " + process + " JPEG"
}

// usual says whether jpegn reads a JPEG as libjpeg does.
func usual(h *jpegall.Header) bool {
	if h.Bits != 8 {
		return false
	}
	if len(h.Components) == 1 {
		return true
	}
	c := h.Components
	return len(c) == 3 && transformOf(h) == jpegYCC && c[0].H <= 2 && c[0].V <= 2 && c[1].H == 1 && c[1].V == 1 &&
		c[2].H == 1 && c[2].V == 1
}

// decodeUsualJPEG decodes by jpegn, shrunk by a denominator; it refuses what may lack data and does.
func decodeUsualJPEG(data []byte, h *jpegall.Header, begin, end, denominator int) (image.Image, error) {
	marked := data
	if !h.Progressive {
		for data[end-1] == 0xff { // a fill byte, or the first of the two bytes that encode 255
			end--
		}
		marked = slices.Concat(data[:end], terminator, []byte{0xff, endOfImage})
	}
	m, err := jpegn.Decode(bytes.NewReader(marked), &jpegn.Options{ToRGBA: true, UpsampleMethod: jpegn.CatmullRom,
		ScaleDenom: denominator})
	if err != nil {
		return nil, err
	}
	if h.Progressive && !refined(data[begin:end]) || !h.Progressive && ranOut(m, len(h.Components)) {
		_, err = jpegall.Decode(data, nil)
	} else if h.Progressive {
		err = jpegall.Complete(data)
	}
	return m, err
}

// terminator is inserted behind the scan of a sequential JPEG, where a decoder that has
// decoded all blocks does not read. No Huffman code is all ones (ITU-T T.81, C.2), so
// where data are missing jpegn stops here, and samples stay 0; otherwise they would repeat
// the block before, as on a plain ground. It is longer than a value and jpegn's prefetch.
var terminator = bytes.Repeat([]byte{0xff, 0x00}, 16)

// ranOut says whether the last samples of a sequential JPEG may have stayed 0: those of grey, or
// of Cr, which comes last and makes a green or cyan without red, or a glaring one, of any Y and Cb.
func ranOut(m image.Image, components int) bool {
	last := m.Bounds().Max.Sub(image.Pt(1, 1))
	c := color.RGBAModel.Convert(m.At(last.X, last.Y)).(color.RGBA)
	if components == 1 {
		return c.G == 0
	}
	return c.R == 0 && c.G >= 20 || int(c.G)-int(c.R) >= 100
}

// refined says whether the last scan of a progressive JPEG refines the last bit of the first
// component's AC coefficients (ITU-T T.81, G.1.1.1). Encoders usually end with that scan, and a
// photo that lacks part of it is only a little coarser.
func refined(scans []byte) bool {
	const lastBit = 0x10 // from bit 1 to bit 0
	last := scans[bytes.LastIndex(scans, []byte{0xff, startOfScan}):]
	return len(last) >= 10 && last[4] == 1 && last[5] == scans[5] && last[9] == lastBit
}

// Limits of the time that a JPEG can take: each scan goes over all of its blocks, however few bytes it has. libjpeg
// writes 10; a file of 2 MB that takes minutes has tens of thousands. Up to fewScans are read of any photo, up to
// maxScans while they go over so many pixels in all.
const (
	fewScans   = 20
	maxScans   = 100
	maxScanned = 1_000_000_000
)

// scansOf says where the first scan of a JPEG begins and where the marker that ends the
// image (B.1.1.3) comes after it, -1 if it does not; a thumbnail in its header has one
// of its own. In a scan's data the two bytes cannot stand for anything else.
func scansOf(data []byte) (begin, end int) {
	at := 2
	for at+4 <= len(data) {
		if data[at] != 0xff || data[at+1] == 0xff { // not a marker yet, or a fill byte before one
			at++
			continue
		}
		m := data[at+1]
		if m == startOfScan {
			if n := bytes.Index(data[at:], []byte{0xff, endOfImage}); n >= 0 {
				return at, at + n
			}
			break
		}
		if m == 0 || m == 1 || m >= 0xd0 && m <= 0xd8 { // has no length
			at += 2
			continue
		}
		at += 2 + int(data[at+2])<<8 + int(data[at+3])
	}
	return -1, -1
}

// jpegColors is how the components of a JPEG are to be understood.
type jpegColors int

const (
	jpegGrey jpegColors = iota
	jpegRGB
	jpegYCC
	jpegCMYK // both of four with ink as 0, as Adobe writes and Pillow assumes
	jpegYCCK
)

// transformOf decides as libjpeg does (jdapimin.c, default_decompress_parms).
func transformOf(h *jpegall.Header) jpegColors {
	c := h.Components
	switch {
	case len(c) == 1:
		return jpegGrey
	case len(c) == 4 && h.Adobe > 0:
		return jpegYCCK
	case len(c) == 4:
		return jpegCMYK
	case h.JFIF:
		return jpegYCC
	case h.Adobe == 0:
		return jpegRGB
	case h.Adobe < 0 && c[0].ID == 'R' && c[1].ID == 'G' && c[2].ID == 'B':
		return jpegRGB
	}
	return jpegYCC
}

// decodeRareJPEG decodes any JPEG whose process is read.
func decodeRareJPEG(data, tables []byte, as jpegColors, orientation int) (*RGB, error) {
	m, err := jpegall.Decode(data, tables)
	if err != nil {
		return nil, err
	}
	out := NewRGB(m.Width, m.Height)
	p := m.Planes
	ycc, err := newYUV(8, 5, 0, true)
	if err != nil {
		return nil, err
	}
	rgb := func(i int) (r, g, b uint8) {
		y, cb, cr := ycc.y[p[0][i]], p[1][i], p[2][i]
		return clamp(y + ycc.rv[cr]), clamp(y + ycc.gu[cb] + ycc.gv[cr]), clamp(y + ycc.bu[cb])
	}
	for i := range m.Width * m.Height {
		to := out.Pix[3*i:][:3]
		switch as {
		case jpegGrey:
			to[0], to[1], to[2] = p[0][i], p[0][i], p[0][i]
		case jpegRGB:
			to[0], to[1], to[2] = p[0][i], p[1][i], p[2][i]
		case jpegYCC:
			to[0], to[1], to[2] = rgb(i)
		case jpegCMYK:
			k := p[3][i]
			to[0], to[1], to[2] = inked(255-p[0][i], k), inked(255-p[1][i], k), inked(255-p[2][i], k)
		case jpegYCCK:
			r, g, b := rgb(i)
			to[0], to[1], to[2] = inked(r, p[3][i]), inked(g, p[3][i]), inked(b, p[3][i])
		}
	}
	return out.upright(orientation), nil
}

// inked multiplies the light that black ink reflects by that of another ink, both 0..255.
func inked(ink, light uint8) uint8 {
	t := int(ink)*int(light) + 128 // rounds, as Pillow does
	return light - uint8((t>>8+t)>>8)
}
