package imageprep

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Tags of TIFF (TIFF 6.0, and its technical note 2 for JPEG).
const (
	tiffReduced, tiffWidth, tiffHeight, tiffBits         = 254, 256, 257, 258
	tiffCompression, tiffPhotometric, tiffFillOrder      = 259, 262, 266
	tiffMake, tiffStripOffsets, tiffOrientationTag       = 271, 273, 274
	tiffSamples, tiffRowsPerStrip, tiffStripCounts       = 277, 278, 279
	tiffPlanar, tiffT4Options, tiffPredictor, tiffColors = 284, 292, 317, 320
	tiffTileWidth, tiffTileHeight                        = 322, 323
	tiffTileOffsets, tiffTileCounts, tiffSubDirectories  = 324, 325, 330
	tiffInkSet, tiffExtra, tiffFormat, tiffJPEGTables    = 332, 338, 339, 347
	tiffSubsampling, tiffXMP, tiffDNG                    = 530, 700, 50706
)

// tiffTags are those above.
var tiffTags = []int{tiffReduced, tiffWidth, tiffHeight, tiffBits, tiffCompression, tiffPhotometric, tiffFillOrder,
	tiffMake, tiffStripOffsets, tiffOrientationTag,
	tiffSamples, tiffRowsPerStrip, tiffStripCounts, tiffPlanar, tiffT4Options, tiffPredictor, tiffColors,
	tiffTileWidth, tiffTileHeight, tiffTileOffsets,
	tiffTileCounts, tiffSubDirectories, tiffInkSet, tiffExtra, tiffFormat, tiffJPEGTables, tiffSubsampling, tiffXMP,
	tiffDNG}

// How a TIFF's samples are meant.
const (
	whiteIsZero, blackIsZero, tiffRGB, tiffPalette = 0, 1, 2, 3
	separated, tiffYCbCr                           = 5, 6
)

// tiff is the first directory of a TIFF.
type tiff struct {
	data  []byte
	order binary.ByteOrder
	tags  map[int]tiffTag

	width, height, samples, bits     int
	compression, photometric, planar int
	predictor                        int
	subH, subV                       int // of YCbCr that is not JPEG
	alpha                            int // sample that is alpha; -1: none
	premultiplied                    bool
}

type tiffTag struct {
	kind  int
	count uint64
	value []byte
}

// tiffSizes are the bytes of a value of each type.
var tiffSizes = [...]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
	17: 8, 18: 8}

// decodeTIFF reads the first page of a TIFF or BigTIFF: whole-numbered samples of up to 16 bits, of which the upper 8
// are taken.
func decodeTIFF(data []byte, limits Limits) (*RGB, error) {
	t := &tiff{data: data, tags: map[int]tiffTag{}}
	if err := t.directory(); err != nil {
		return nil, err
	}
	if err := t.raw(); err != nil {
		return nil, err
	}
	if err := t.layout(limits); err != nil {
		return nil, err
	}
	samples, err := t.decode(limits)
	if err != nil {
		return nil, err
	}
	out, err := t.colors(samples)
	if err != nil {
		return nil, err
	}
	orientation := valid(t.number(tiffOrientationTag, 1))
	if _, ok := t.tags[tiffOrientationTag]; !ok {
		orientation = xmpOrientation(t.tags[tiffXMP].value)
	}
	return out.upright(orientation), nil
}

// directory reads the header and the first directory.
func (t *tiff) directory() error {
	d := t.data
	if t.order = binary.LittleEndian; d[0] == 'M' {
		t.order = binary.BigEndian
	}
	if len(d) < 8 {
		return errCutOff
	}
	big := t.order.Uint16(d[2:]) == 43
	entry, number, inline := uint64(12), uint64(2), uint64(4)
	at := uint64(t.order.Uint32(d[4:]))
	if big {
		if len(d) < 16 {
			return errCutOff
		}
		at, entry, number, inline = t.order.Uint64(d[8:]), 20, 8, 8
	}
	size := uint64(len(d))
	if at > size || size-at < number {
		return errCutOff
	}
	n := t.uint(d[at : at+number])
	if at += number; n > 4096 {
		return errors.New("its directory has too many entries")
	}
	if (size-at)/entry < n {
		return errCutOff
	}
	for ; n > 0; n, at = n-1, at+entry {
		e := d[at : at+entry]
		id := int(t.order.Uint16(e))
		if !slices.Contains(tiffTags, id) {
			continue
		}
		tag := tiffTag{kind: int(t.order.Uint16(e[2:])), count: t.uint(e[4 : 4+inline])}
		if tag.kind >= len(tiffSizes) || tiffSizes[tag.kind] == 0 || tag.count > size {
			continue // of an unknown type, or larger than the file
		}
		tag.value = e[4+inline:]
		if need := tag.count * tiffSizes[tag.kind]; need > inline {
			from := t.uint(tag.value)
			if from > size || need > size-from {
				if id != tiffMake && id != tiffXMP {
					return errCutOff
				}
				continue
			}
			tag.value = d[from : from+need]
		} else {
			tag.value = tag.value[:need]
		}
		t.tags[id] = tag
	}
	return nil
}

// uint reads a number of 1, 2, 4 or 8 bytes.
func (t *tiff) uint(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(t.order.Uint16(b))
	case 4:
		return uint64(t.order.Uint32(b))
	}
	return t.order.Uint64(b)
}

// numbers returns the values of a tag; nil without one, or if they are no whole numbers.
func (t *tiff) numbers(id int) []uint64 {
	tag, ok := t.tags[id]
	if !ok || !slices.Contains([]int{1, 3, 4, 13, 16, 18}, tag.kind) {
		return nil
	}
	size := tiffSizes[tag.kind]
	out := make([]uint64, tag.count)
	for i := range out {
		out[i] = t.uint(tag.value[uint64(i)*size:][:size])
	}
	return out
}

// number is the first value of a tag.
func (t *tiff) number(id, otherwise int) int {
	if v := t.numbers(id); len(v) > 0 {
		return int(min(v[0], 1<<31-1))
	}
	return otherwise
}

// raw refuses cameras' raw files, whose first directory is a thumbnail.
func (t *tiff) raw() error {
	_, hasDNG := t.tags[tiffDNG]
	_, hasSub := t.tags[tiffSubDirectories]
	_, hasMake := t.tags[tiffMake]
	photometric := t.number(tiffPhotometric, -1)
	switch {
	case hasDNG:
		return unsupported{"a camera's raw photo (DNG)"}
	case len(t.data) >= 10 && string(t.data[8:10]) == "CR":
		return unsupported{"a camera's raw photo (Canon)"}
	case hasSub && hasMake && t.number(tiffReduced, 0) == 1, photometric == 32803, photometric == 34892:
		return unsupported{"a camera's raw photo"}
	}
	return nil
}

// layout reads and checks how samples lie.
func (t *tiff) layout(limits Limits) error {
	t.width, t.height = t.number(tiffWidth, 0), t.number(tiffHeight, 0)
	if err := limits.size(t.width, t.height); err != nil {
		return err
	}
	t.compression, t.photometric = t.number(tiffCompression, 1), t.number(tiffPhotometric, -1)
	t.samples, t.planar, t.predictor = t.number(tiffSamples, 1), t.number(tiffPlanar, 1), t.number(tiffPredictor, 1)
	if t.samples < 1 || t.samples > 8 {
		return unsupported{fmt.Sprintf("a TIFF of %d samples a pixel", t.samples)}
	}
	if t.planar != 2 || t.samples == 1 {
		t.planar = 1
	}
	t.bits = 1
	for i, b := range t.numbers(tiffBits) {
		if i == 0 {
			t.bits = int(min(b, 999))
		}
		if i < t.samples && int(b) != t.bits {
			return unsupported{"a TIFF whose samples differ in bits"}
		}
	}
	for _, f := range t.numbers(tiffFormat) {
		switch f {
		case 2:
			return unsupported{"a TIFF of samples with a sign"}
		case 3:
			return unsupported{"a TIFF of floating-point samples"}
		case 5, 6:
			return unsupported{"a TIFF of complex numbers"}
		}
	}
	if name := tiffUnread[t.compression]; name != "" {
		return unsupported{"a TIFF compressed by " + name}
	}
	if !slices.Contains([]int{1, 2, 4, 8, 16}, t.bits) && !(t.bits == 12 && t.compression == 7) {
		return unsupported{fmt.Sprintf("a TIFF of %d bits a sample", t.bits)}
	}
	if t.predictor == 3 {
		return unsupported{"a TIFF of floating-point samples"}
	}
	if t.predictor != 1 && t.predictor != 2 || t.predictor == 2 && t.bits < 8 {
		return fmt.Errorf("it has predictor %d for %d bits", t.predictor, t.bits)
	}
	return t.meaning()
}

// meaning checks what the samples are.
func (t *tiff) meaning() error {
	colors := map[int]int{whiteIsZero: 1, blackIsZero: 1, tiffRGB: 3, tiffPalette: 1, separated: 4,
		tiffYCbCr: 3}[t.photometric]
	switch {
	case t.photometric == -1:
		return errors.New("it does not say how its samples are meant")
	case t.photometric >= 8 && t.photometric <= 10:
		return unsupported{"a TIFF in L*a*b* colours"}
	case colors == 0:
		return unsupported{fmt.Sprintf("a TIFF of photometric interpretation %d", t.photometric)}
	case t.photometric == separated && t.number(tiffInkSet, 1) != 1:
		return unsupported{"a TIFF in inks other than CMYK"}
	case t.samples < colors:
		return fmt.Errorf("it has %d samples a pixel where %d are needed", t.samples, colors)
	case t.photometric == tiffPalette && t.bits > 8:
		return unsupported{fmt.Sprintf("a TIFF of %d bits with a palette", t.bits)}
	}
	t.subH, t.subV = 1, 1
	if t.photometric == tiffYCbCr && t.compression != 7 {
		t.subH, t.subV = 2, 2
		if v := t.numbers(tiffSubsampling); len(v) == 2 {
			t.subH, t.subV = int(v[0]), int(v[1])
		}
		if !slices.Contains([]int{1, 2, 4}, t.subH) || !slices.Contains([]int{1, 2, 4}, t.subV) {
			return fmt.Errorf("its colours are subsampled by %d x %d", t.subH, t.subV)
		}
		if t.planar == 2 || t.bits != 8 || t.samples != 3 || t.predictor != 1 && t.subH*t.subV > 1 {
			return unsupported{"a TIFF of YCbCr samples in planes or of an odd kind"}
		}
	}
	t.alpha = -1
	if t.samples > colors && t.photometric != separated {
		extra := t.numbers(tiffExtra)
		switch {
		case len(extra) == 0 && t.photometric == tiffRGB: // left out, as Pillow has it
			t.alpha = colors
		case len(extra) > 0 && extra[0] != 0:
			t.alpha, t.premultiplied = colors, extra[0] == 1
		}
	}
	return nil
}

// colors converts samples of 8 bits, pixel by pixel, or indices.
func (t *tiff) colors(s []uint8) (*RGB, error) {
	out := NewRGB(t.width, t.height)
	var palette []uint64
	if t.photometric == tiffPalette {
		if palette = t.numbers(tiffColors); len(palette) < 3<<t.bits {
			return nil, errors.New("its palette is not whole")
		}
	}
	var ycc *yuv
	if t.photometric == tiffYCbCr && t.compression != 7 { // JPEG's are RGB by now
		var err error
		if ycc, err = newYUV(8, 5, 0, true); err != nil {
			return nil, err
		}
	}
	for i := range t.width * t.height {
		from, to := s[i*t.samples:][:t.samples], out.Pix[3*i:][:3]
		switch t.photometric {
		case whiteIsZero:
			v := 255 - from[0]
			to[0], to[1], to[2] = v, v, v
		case blackIsZero:
			to[0], to[1], to[2] = from[0], from[0], from[0]
		case tiffPalette:
			n, at := 1<<t.bits, int(from[0])
			to[0], to[1], to[2] = uint8(palette[at]>>8), uint8(palette[n+at]>>8), uint8(palette[2*n+at]>>8)
		case separated:
			k := 255 - from[3]
			to[0], to[1], to[2] = inked(from[0], k), inked(from[1], k), inked(from[2], k)
		case tiffYCbCr, tiffRGB:
			if ycc == nil {
				copy(to, from[:3])
				break
			}
			y, cb, cr := ycc.y[from[0]], from[1], from[2]
			to[0], to[1], to[2] = clamp(y+ycc.rv[cr]), clamp(y+ycc.gu[cb]+ycc.gv[cr]), clamp(y+ycc.bu[cb])
		}
		if t.alpha >= 0 {
			layOnWhite(to, from[t.alpha], t.premultiplied)
		}
	}
	return out, nil
}
