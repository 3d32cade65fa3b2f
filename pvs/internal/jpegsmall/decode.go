package jpegsmall

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/internal/jpegall"
)

// ErrUnusual says that a JPEG is not of the kind that is decoded here.
var ErrUnusual = errors.New("the JPEG is of another kind")

// The second bytes of markers (table B.1).
const (
	markDHT, markEOI, markSOS, markDQT, markDRI = 0xc4, 0xd9, 0xda, 0xdb, 0xdd
)

// decoder is the state between segments.
type decoder struct {
	header     *jpegall.Header
	smaller    int // the denominator of the scale
	components [3]component
	quantity   [4][64]uint16 // in zigzag order
	quantified [4]bool
	huffman    [2][4]codes // DC, AC
	interval   int         // units between restarts
	across     int         // units in a row
	down       int         // rows of units
	scans      int
	window     window
}

// component is a plane of samples on its way.
type component struct {
	id               byte
	h, v             int // blocks in a unit
	side             int // samples in a row of a block
	width, height    int // samples that belong to the image
	blocksX, blocksY int // that hold those
	inRow            int // blocks in a row, with those that fill the last unit
	stride           int // samples in a row
	plane            []uint8
	quantity         int64 // of the DC value
	scatter          *scatter

	// of a scan
	dc, ac  *codes
	dcTable *valueTable
	acTable *valueTable
	pass    *passTable
	last    int // the DC value before
	run     int // blocks of an end-of-band run (EOBRUN)

	// of a progressive JPEG: values in zigzag order, per of each block, 1 if its samples need no AC values
	values []int16
	per    int
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// Decode decodes a JPEG with the header h, whose colours are grey or YCbCr, at 1/denominator of its size: 8, or 4 of a
// sequential one. The image is ceil(Width/denominator) by ceil(Height/denominator) pixels of RGB, row by row. The error
// is [ErrUnusual] for a JPEG of another kind; other ones say that it may be damaged.
func Decode(data []byte, h *jpegall.Header, denominator int) (pix []uint8, err error) {
	if !suits(h, denominator) {
		return nil, ErrUnusual
	}
	d := decoders.Get().(*decoder)
	defer func() {
		d.header, d.window.rest = nil, nil // nobody's file is kept
		decoders.Put(d)
	}()
	d.begin(h, denominator)
	done := errors.New("the scan is decoded")
	err = jpegall.Segments(data, func(marker byte, body, rest []byte) (used int, err error) {
		switch {
		case marker == markDHT:
			err = d.huffmanTables(body)
		case marker == markDQT:
			err = d.quantisation(body)
		case marker == markDRI && len(body) < 2:
			err = errCutOff
		case marker == markDRI:
			d.interval = int(binary.BigEndian.Uint16(body))
		case marker == markSOS && h.Progressive:
			return d.progressive(body, rest)
		case marker == markSOS:
			if err = d.sequential(body, rest); err == nil {
				err = done
			}
		}
		return 0, err
	})
	switch {
	case h.Progressive && err == nil:
		if err := jpegall.Complete(data); err != nil {
			return nil, err
		}
		if err := d.finish(); err != nil {
			return nil, err
		}
	case err == nil:
		return nil, errCutOff
	case err != done:
		return nil, err
	}
	return d.draw(), nil
}

// suits says whether a JPEG is of the kind that is decoded here.
func suits(h *jpegall.Header, denominator int) bool {
	if h.Bits != 8 || h.Width < 1 || h.Height < 1 ||
		denominator != 8 && (denominator != 4 || !h.Sequential) || !h.Sequential && !h.Progressive {
		return false
	}
	c := h.Components
	switch len(c) {
	case 1:
		return true
	case 3:
		return c[0].H <= 2 && c[0].V <= 2 && c[1].H == 1 && c[1].V == 1 && c[2].H == 1 && c[2].V == 1
	}
	return false
}

// begin forgets the file before.
func (d *decoder) begin(h *jpegall.Header, denominator int) {
	d.header, d.smaller, d.interval = h, denominator, 0
	d.quantified = [4]bool{}
	for class := range d.huffman {
		for i := range d.huffman[class] {
			d.huffman[class][i].defined = false
		}
	}
	d.scans = 0
	maxH, maxV := h.Largest()
	for i, from := range h.Components {
		c := component{id: from.ID, h: from.H, v: from.V, side: 8 / denominator, plane: d.components[i].plane,
			values: d.components[i].values}
		// Where a component has fewer samples, its blocks are shrunk less, as in libjpeg (jdmaster.c).
		for c.side < 8 && maxH*8/denominator%(c.h*c.side*2) == 0 && maxV*8/denominator%(c.v*c.side*2) == 0 {
			c.side *= 2
		}
		c.width, c.height = ceil(h.Width*c.h*c.side, maxH*8), ceil(h.Height*c.v*c.side, maxV*8)
		c.blocksX, c.blocksY = ceil(c.width, c.side), ceil(c.height, c.side)
		if len(h.Components) == 1 {
			c.h, c.v, maxH, maxV = 1, 1, 1, 1 // a unit is a block (A.2.2)
		}
		d.components[i] = c
	}
	d.across, d.down = ceil(h.Width, 8*maxH), ceil(h.Height, 8*maxV)
	for i := range d.used() {
		c := &d.components[i]
		c.inRow = d.across * c.h
		c.stride = c.inRow * c.side
	}
}

func ceil(a, b int) int { return (a + b - 1) / b }

// huffmanTables reads tables (B.2.4.2).
func (d *decoder) huffmanTables(b []byte) (err error) {
	for len(b) > 0 {
		class, at := b[0]>>4, b[0]&15
		if class > 1 || at > 3 {
			return errTable
		}
		if b, err = d.huffman[class][at].define(b[1:]); err != nil {
			return err
		}
	}
	return nil
}

// quantisation reads tables (B.2.4.1).
func (d *decoder) quantisation(b []byte) error {
	for len(b) > 0 {
		wide, at := int(b[0]>>4), b[0]&15
		size := 1 + 64*(1+wide)
		if wide > 1 || at > 3 || len(b) < size {
			return errors.New("a table of quantisation is damaged")
		}
		for k := range d.quantity[at] {
			if wide == 1 {
				d.quantity[at][k] = binary.BigEndian.Uint16(b[1+2*k:])
			} else {
				d.quantity[at][k] = uint16(b[1+k])
			}
		}
		d.quantified[at] = true
		b = b[size:]
	}
	return nil
}
