package jpegall

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Image is a decoded image, all planes of its full size: sample (x, y) of component c is Planes[c][y*Width+x], in 8
// bits.
type Image struct {
	Header
	Planes [][]uint8
}

// decoder is the state between markers.
type decoder struct {
	Header
	framed   bool
	quantity [4]*[64]uint16 // in zigzag order
	huffman  [2][4]*huffman // DC, AC
	interval int            // units between restarts
	scans    int
}

// Decode decodes an image. Tables, if there are any, is a JPEG without a picture that brings tables, as the tag
// JPEGTables of TIFF.
func Decode(data, tables []byte) (*Image, error) {
	d := &decoder{Header: Header{Adobe: -1}}
	if tables != nil {
		if err := Segments(tables, d.segment); err != nil {
			return nil, fmt.Errorf("its tables: %w", err)
		}
	}
	if err := Segments(data, d.segment); err != nil {
		return nil, err
	}
	if !d.framed || d.scans == 0 {
		return nil, ErrCutOff
	}
	if err := d.complete(); err != nil {
		return nil, err
	}
	out := &Image{Header: d.Header}
	for i := range d.Components {
		if err := d.transform(&d.Components[i]); err != nil {
			return nil, err
		}
		out.Planes = append(out.Planes, d.upsample(&d.Components[i]))
		d.Components[i].plane = nil
	}
	return out, nil
}

func (d *decoder) segment(m byte, body, rest []byte) (used int, err error) {
	switch {
	case m == dht:
		return 0, d.huffmanTables(body)
	case m == dqt:
		return 0, d.quantisation(body)
	case m == dri:
		if len(body) < 2 {
			return 0, ErrCutOff
		}
		d.interval = int(binary.BigEndian.Uint16(body))
	case m == dnl:
		return 0, errors.New("its height stands behind the picture")
	case m == startOfScan:
		return d.scan(body, rest)
	case processes[m] != "":
		if d.framed {
			return 0, errors.New("it has two frames")
		}
		d.framed = true
		if err := d.frame(m, body); err != nil {
			return 0, err
		}
		return 0, d.allocate()
	default:
		return 0, d.Header.segment(m, body)
	}
	return 0, nil
}

// allocate allocates the coefficients (A.1.1, A.2).
func (d *decoder) allocate() error {
	switch {
	case !d.Progressive && !d.Sequential:
		return fmt.Errorf("it is %s", d.Process)
	case d.Bits != 8 && d.Bits != 12:
		return fmt.Errorf("its samples have %d bits", d.Bits)
	case d.Width < 1 || d.Height < 1:
		return fmt.Errorf("it is %d x %d pixels large", d.Width, d.Height)
	}
	maxH, maxV := d.Largest()
	unitsX, unitsY := ceil(d.Width, 8*maxH), ceil(d.Height, 8*maxV)
	for i := range d.Components {
		c := &d.Components[i]
		c.width, c.height_ = ceil(d.Width*c.H, maxH), ceil(d.Height*c.V, maxV)
		c.blocksX, c.blocksY, c.stride = ceil(c.width, 8), ceil(c.height_, 8), unitsX*c.H
		c.coefficients = make([]int16, 64*c.stride*unitsY*c.V)
		c.resetKnown()
	}
	return nil
}

// resetKnown marks all coefficients of a component as not decoded.
func (c *Component) resetKnown() {
	for k := range c.known {
		c.known[k] = -1
	}
}

func ceil(a, b int) int { return (a + b - 1) / b }

// quantisation reads tables (B.2.4.1).
func (d *decoder) quantisation(b []byte) error {
	for len(b) > 0 {
		wide, at := b[0]>>4, b[0]&15
		size := 1 + 64*(1+int(wide))
		if wide > 1 || at > 3 || len(b) < size {
			return errors.New("a table of quantisation is damaged")
		}
		t := new([64]uint16)
		for k := range t {
			if wide == 1 {
				t[k] = binary.BigEndian.Uint16(b[1+2*k:])
			} else {
				t[k] = uint16(b[1+k])
			}
		}
		d.quantity[at], b = t, b[size:]
	}
	return nil
}

// complete checks that every coefficient was decoded to its last bit.
func (d *decoder) complete() error {
	for _, c := range d.Components {
		for _, bit := range c.known {
			if bit != 0 {
				return fmt.Errorf("%w between two of its scans", ErrCutOff)
			}
		}
	}
	return nil
}

// Complete says of a progressive JPEG, by the headers of its scans alone, whether all came that makes up the picture.
func Complete(data []byte) error {
	d := &decoder{Header: Header{Adobe: -1}}
	err := Segments(data, func(m byte, body, rest []byte) (int, error) {
		switch {
		case m == startOfScan:
			_, err := d.scanHeader(body)
			return (&bits{data: rest}).end(), err
		case processes[m] != "" && !d.framed:
			d.framed = true
			err := d.frame(m, body)
			for i := range d.Components {
				d.Components[i].resetKnown()
			}
			return 0, err
		}
		return 0, nil
	})
	if err != nil {
		return err
	}
	return d.complete()
}
