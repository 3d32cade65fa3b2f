package imageprep

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/bmff"
	"github.com/gopvs/product-visual-search/pvs/internal/still"
)

// decodeHEIF reads a HEIC or AVIF file: its primary picture, or the first one of a sequence. Rotations and crops are
// those of the file's item properties; EXIF's orientation is ignored, since phones write both (ISO/IEC 23008-12, annex
// A).
func decodeHEIF(data []byte, limits Limits) (*RGB, error) {
	f, err := bmff.Parse(data)
	if err != nil {
		return nil, err
	}
	h := &heif{file: f, limits: limits}
	defer h.close()
	item := f.Items[f.Primary]
	if item == nil {
		if f.Movie == nil {
			return nil, errors.New("it names no picture to show")
		}
		return h.sample(f.Movie)
	}
	for _, p := range item.Properties {
		if p.Essential && !slices.Contains(knownProperties, p.Type) {
			return nil, unsupported{fmt.Sprintf("a HEIF file that needs the property %q", p.Type)}
		}
	}
	h.odd = turnsOdd(item)
	out, err := h.colors(item)
	if err != nil {
		return nil, err
	}
	if err := h.cutOut(item, out); err != nil {
		return nil, err
	}
	return transformed(out, item.Properties)
}

// knownProperties are those that are applied here or change no pixel.
var knownProperties = []string{"hvcC", "av1C", "ispe", "pixi", "colr", "auxC", "irot", "imir", "clap", "pasp", "lsel",
	"a1op", "a1lx", "rloc", "clli", "mdcv", "cclv", "amve"}

// heif decodes the picture of a file from its items.
type heif struct {
	file     *bmff.File
	limits   Limits
	odd      bool // subsampled chroma does not align after rotations and crops
	decoders map[still.Codec]*still.Decoder
}

func (h *heif) close() {
	for _, d := range h.decoders {
		d.Close()
	}
}

// decoder starts one at its first use; all tiles of a file go through it.
func (h *heif) decoder(c still.Codec) (*still.Decoder, error) {
	if d := h.decoders[c]; d != nil {
		return d, nil
	}
	h.close() // of the other codec: a file with both holds one decoder at a time, of which there are few
	d, err := still.New(c)
	if err != nil {
		return nil, err
	}
	h.decoders = map[still.Codec]*still.Decoder{c: d}
	return d, nil
}

// size is that of an item, checked.
func (h *heif) size(item *bmff.Item) (width, height int, err error) {
	b, ok := item.Property("ispe")
	if !ok || len(b) < 12 {
		return 0, 0, fmt.Errorf("its picture %d has no size", item.ID)
	}
	return h.checked(b)
}

func (h *heif) checked(ispe []byte) (width, height int, err error) {
	width, height = int(binary.BigEndian.Uint32(ispe[4:])), int(binary.BigEndian.Uint32(ispe[8:]))
	return width, height, h.limits.size(width, height)
}

// grid is a picture made of tiles of one size (ISO/IEC 23008-12, 6.6.2.3).
type grid struct {
	columns       int
	width, height int
	tiles         []*bmff.Item
}

func (h *heif) grid(item *bmff.Item) (*grid, error) {
	data, err := h.file.Data(item)
	if err != nil {
		return nil, err
	}
	if len(data) < 8 || data[1]&1 == 1 && len(data) < 12 {
		return nil, bmff.ErrCutOff
	}
	g := &grid{columns: int(data[3]) + 1}
	if data[1]&1 == 1 {
		g.width, g.height = int(binary.BigEndian.Uint32(data[4:])), int(binary.BigEndian.Uint32(data[8:]))
	} else {
		g.width, g.height = int(binary.BigEndian.Uint16(data[4:])), int(binary.BigEndian.Uint16(data[6:]))
	}
	if err := h.limits.size(g.width, g.height); err != nil {
		return nil, err
	}
	from := item.From["dimg"]
	rows := int(data[2]) + 1
	if len(from) != rows*g.columns {
		return nil, fmt.Errorf("its picture is of %d x %d tiles, and %d are there", g.columns, rows, len(from))
	}
	for _, id := range from {
		tile := h.file.Items[id]
		if tile == nil {
			return nil, fmt.Errorf("its tile %d is not there", id)
		}
		g.tiles = append(g.tiles, tile)
	}
	w, tall, err := h.size(g.tiles[0])
	if err != nil {
		return nil, err
	}
	// Tiles cover the picture, and none lies outside: so their pixels are bounded, too.
	if w*g.columns < g.width || tall*rows < g.height || w*(g.columns-1) >= g.width || tall*(rows-1) >= g.height {
		return nil, fmt.Errorf("its %d x %d tiles of %d x %d pixels do not make %d x %d", g.columns, rows, w, tall,
			g.width, g.height)
	}
	return g, nil
}

// decodeTiles decodes an item tile by tile and calls draw with each tile and its position.
func (h *heif) decodeTiles(item *bmff.Item, start func(width, height int),
	draw func(part *bmff.Item, p *still.Picture, left,
		top int) error) error {
	if item.Type != "grid" {
		w, tall, err := h.size(item)
		if err != nil {
			return err
		}
		start(w, tall)
		return h.coded(item, w, tall, func(p *still.Picture) error { return draw(item, p, 0, 0) })
	}
	g, err := h.grid(item)
	if err != nil {
		return err
	}
	start(g.width, g.height)
	w, tall, err := h.size(g.tiles[0])
	if err != nil {
		return err
	}
	for i, tile := range g.tiles {
		left, top := i%g.columns*w, i/g.columns*tall
		if tw, th, err := h.size(tile); err != nil || tw != w || th != tall {
			return errors.Join(errors.New("its tiles differ in size"), err)
		}
		if err := h.coded(tile, w, tall, func(p *still.Picture) error { return draw(tile, p, left, top) }); err != nil {
			return err
		}
	}
	return nil
}

// coded decodes an item that is no combination of others.
func (h *heif) coded(item *bmff.Item, width, height int, use func(*still.Picture) error) error {
	data, err := h.file.Data(item)
	if err != nil {
		return err
	}
	var point int
	if op, ok := item.Property("a1op"); ok && len(op) > 0 {
		point = int(op[0])
	}
	return h.decode(item.Type, item.Property, data, point, width, height, use)
}

// decode decodes one picture by the configuration that its properties hold.
func (h *heif) decode(kind string, property func(string) ([]byte, bool), data []byte, point, width, height int,
	use func(*still.Picture) error) error {
	codec, stream := still.AV1, []byte(nil)
	var err error
	switch kind {
	case "hvc1", "hev1":
		codec = still.HEVC
		config, _ := property("hvcC")
		if stream, err = hevcStream(config, data); err != nil {
			return err
		}
	case "av01":
		if config, ok := property("av1C"); ok && len(config) > 4 {
			stream = append(stream, config[4:]...)
		}
		stream = append(stream, data...)
	default:
		return unsupported{fmt.Sprintf("a HEIF file whose picture is coded as %s", codingName(kind))}
	}
	d, err := h.decoder(codec)
	if err != nil {
		return err
	}
	return d.Decode(stream, point, width*height, func(p *still.Picture) error {
		if p.Width != width || p.Height != height {
			return fmt.Errorf("its picture is %d x %d pixels large and %d x %d are told", p.Width, p.Height, width,
				height)
		}
		return use(p)
	})
}

// codingName says what a picture in a HEIF file is that is not read.
func codingName(kind string) string {
	names := map[string]string{"jpeg": "JPEG", "avc1": "H.264", "vvc1": "H.266", "evc1": "EVC", "j2k1": "JPEG 2000",
		"unci": "uncompressed samples", "iovl": "an overlay of pictures", "iden": "a copy of another"}
	if n := names[kind]; n != "" {
		return n
	}
	return fmt.Sprintf("%q", kind)
}

// hevcStream puts parameter sets and a picture behind each other, each NAL unit behind its length in 4 bytes (14496-15,
// 8.3.3.1).
func hevcStream(config, data []byte) ([]byte, error) {
	errConfig := errors.New("the configuration of its HEVC picture is not whole")
	if len(config) < 23 {
		return nil, errConfig
	}
	var out []byte
	add := func(unit []byte) {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(unit))), unit...)
	}
	lengthSize := int(config[21]&3) + 1
	rest := config[23:]
	for n := config[22]; n > 0; n-- {
		if len(rest) < 3 {
			return nil, errConfig
		}
		units := binary.BigEndian.Uint16(rest[1:])
		for rest = rest[3:]; units > 0; units-- {
			if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
				return nil, errConfig
			}
			size := 2 + int(binary.BigEndian.Uint16(rest))
			add(rest[2:size])
			rest = rest[size:]
		}
	}
	for len(data) > 0 {
		if len(data) < lengthSize {
			return nil, bmff.ErrCutOff
		}
		size := 0
		for _, b := range data[:lengthSize] {
			size = size<<8 | int(b)
		}
		if data = data[lengthSize:]; size > len(data) {
			return nil, bmff.ErrCutOff
		}
		add(data[:size])
		data = data[size:]
	}
	return out, nil
}

// colors decodes an item to RGB.
func (h *heif) colors(item *bmff.Item) (*RGB, error) {
	var out *RGB
	err := h.decodeTiles(item, func(w, tall int) { out = NewRGB(w, tall) }, func(part *bmff.Item, p *still.Picture, left,
		top int) error {
		nclx, ok := nclxOf(item.Properties)
		if !ok {
			nclx, ok = nclxOf(part.Properties)
		}
		return h.draw(part.Type, p, nclx, ok, out, left, top)
	})
	return out, err
}

// draw converts a decoded picture; what the file says of its colours goes before what its stream says.
//
// Subsampled chroma is interpolated as by libavif and its libyuv, or repeated as by libheif, which interpolates only
// where it rotates pictures of odd width or height. So pixels are those of Pillow and of browsers.
func (h *heif) draw(kind string, p *still.Picture, nclx []byte, said bool, out *RGB, left, top int) error {
	matrix, primaries, full := p.Matrix, p.Primaries, p.FullRange
	if said {
		primaries, matrix, full = int(binary.BigEndian.Uint16(nclx[4:])), int(binary.BigEndian.Uint16(nclx[8:])),
			nclx[10]&0x80 != 0
	}
	c, err := newYUV(p.Bits, matrix, primaries, full)
	if err != nil {
		return err
	}
	c.smooth = kind == "av01" || h.odd
	if kind == "av01" && !full {
		c.likeLibyuv()
	}
	return c.draw(p, out, left, top)
}

// nclxOf finds the property that says how colours are coded (14496-12, 12.1.5).
func nclxOf(properties []bmff.Property) ([]byte, bool) {
	for _, p := range properties {
		if p.Type == "colr" && len(p.Body) >= 11 && string(p.Body[:4]) == "nclx" {
			return p.Body, true
		}
	}
	return nil, false
}

// alphaKinds name pictures that say how opaque another one is.
var alphaKinds = []string{"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1"}

// alphaOf finds the picture that says how opaque an item is; nil without one.
func (h *heif) alphaOf(item *bmff.Item) *bmff.Item {
	var found *bmff.Item
	for _, other := range h.file.Items {
		if !slices.Contains(other.From["auxl"], item.ID) || found != nil && found.ID < other.ID {
			continue
		}
		body, ok := other.Property("auxC")
		if !ok || len(body) < 5 {
			continue
		}
		name, _, _ := bytes.Cut(body[4:], []byte{0})
		if slices.Contains(alphaKinds, string(name)) {
			found = other
		}
	}
	return found
}

// cutOut composes an image with white by its alpha picture, if it has one.
func (h *heif) cutOut(item *bmff.Item, out *RGB) error {
	alpha := h.alphaOf(item)
	if alpha == nil {
		return nil
	}
	var opaque []uint8
	width := 0
	err := h.decodeTiles(alpha, func(w, tall int) { opaque, width = make([]uint8, w*tall), w }, func(_ *bmff.Item,
		p *still.Picture, left, top int) error {
		row := make([]uint16, p.Width)
		tall := len(opaque) / width
		for y := range min(p.Height, tall-top) {
			samples(row, p.Planes[0][y*p.Strides[0]:], p.Bits)
			to := opaque[(top+y)*width+left:]
			for x := range min(p.Width, width-left) {
				to[x] = uint8(row[x] >> (p.Bits - 8))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	premultiplied := slices.Contains(item.From["prem"], alpha.ID)
	tall := len(opaque) / width
	for y := range out.Height {
		row := opaque[y*tall/out.Height*width:][:width]
		for x := range out.Width {
			pixel := out.Pix[3*(y*out.Width+x):][:3]
			layOnWhite(pixel, row[x*width/out.Width], premultiplied)
		}
	}
	return nil
}

// transformed applies the crops, rotations and mirrorings of a picture, in the order of its properties.
func transformed(p *RGB, properties []bmff.Property) (*RGB, error) {
	for _, t := range properties {
		switch {
		case t.Type == "irot" && len(t.Body) > 0:
			p = p.upright([]int{1, 8, 3, 6}[t.Body[0]&3]) // quarter turns, counter-clockwise
		case t.Type == "imir" && len(t.Body) > 0:
			p = p.upright([]int{4, 2}[t.Body[0]&1])
		case t.Type == "clap":
			part, err := aperture(t.Body, p.Width, p.Height)
			if err != nil {
				return nil, err
			}
			p = p.cut(part)
		}
	}
	return p, nil
}

// turnsOdd says whether a mirroring or a crop of an item splits a subsampled chroma sample.
func turnsOdd(item *bmff.Item) bool {
	b, ok := item.Property("ispe")
	if !ok || len(b) < 12 {
		return false
	}
	w, h := int(binary.BigEndian.Uint32(b[4:])), int(binary.BigEndian.Uint32(b[8:]))
	for _, t := range item.Properties {
		if len(t.Body) == 0 {
			continue
		}
		odd := 0
		switch v := t.Body[0]; t.Type {
		case "irot":
			odd = []int{0, w, w | h, h}[v&3]
			if v&1 == 1 {
				w, h = h, w
			}
		case "imir":
			odd = []int{h, w}[v&1]
		case "clap":
			if part, err := aperture(t.Body, w, h); err == nil {
				odd = part.Min.X | part.Min.Y
				w, h = part.Dx(), part.Dy()
			}
		}
		if odd&1 == 1 {
			return true
		}
	}
	return false
}

// aperture is a clean aperture (14496-12, 12.1.4): width, height and the offsets of its middle, each a fraction.
func aperture(body []byte, width, height int) (image.Rectangle, error) {
	wrong := errors.New("the part of its picture to show lies outside")
	if len(body) < 32 {
		return image.Rectangle{}, wrong
	}
	var v [4]float64
	for i := range v {
		n, d := int32(binary.BigEndian.Uint32(body[8*i:])), int32(binary.BigEndian.Uint32(body[8*i+4:]))
		if d <= 0 {
			return image.Rectangle{}, wrong
		}
		v[i] = float64(n) / float64(d)
	}
	w, h := int(math.Round(v[0])), int(math.Round(v[1]))
	// The middles of pixels count: the first one's is 0 (12.1.4.1).
	left, top := int(math.Round(v[2]+float64(width-1)/2-(v[0]-1)/2)),
		int(math.Round(v[3]+float64(height-1)/2-(v[1]-1)/2))
	part := image.Rect(left, top, left+w, top+h)
	if w < 1 || h < 1 || !part.In(image.Rect(0, 0, width, height)) {
		return image.Rectangle{}, wrong
	}
	return part, nil
}

// cut crops an image.
func (p *RGB) cut(part image.Rectangle) *RGB {
	out := NewRGB(part.Dx(), part.Dy())
	for y := range out.Height {
		copy(out.Pix[3*y*out.Width:][:3*out.Width], p.Pix[3*((part.Min.Y+y)*p.Width+part.Min.X):])
	}
	return out
}

// sample decodes the first picture of a sequence.
func (h *heif) sample(s *bmff.Sample) (*RGB, error) {
	ispe, _ := s.Property("ispe")
	w, tall, err := h.checked(ispe)
	if err != nil {
		return nil, err
	}
	out := NewRGB(w, tall)
	nclx, said := nclxOf(s.Properties)
	err = h.decode(s.Type, s.Property, s.Data, 0, w, tall, func(p *still.Picture) error {
		return h.draw(s.Type, p, nclx, said, out, 0, 0)
	})
	return out, err
}
