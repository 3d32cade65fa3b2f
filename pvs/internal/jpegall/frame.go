package jpegall

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrCutOff says that data or scans are missing.
var ErrCutOff = errors.New("it is cut off")

// Header is the content of the markers before the first scan.
type Header struct {
	Width, Height int
	Bits          int  // a sample
	Progressive   bool //
	Sequential    bool // baseline or extended, coded by Huffman; neither: a process that is not read
	Process       string
	Components    []Component
	JFIF          bool
	Adobe         int // colour transform of the Adobe marker (0 none, 1 YCbCr, 2 YCCK); -1 without a marker
}

// Component is one of the planes of an image.
type Component struct {
	ID   byte
	H, V int // samples in a unit of the image, across and down

	Table          int // of quantisation
	blocksX        int // in a row of the component by itself
	blocksY        int
	stride         int // blocks in a row, with those that only interleaved scans have
	coefficients   []int16
	known          [64]int8 // lowest decoded bit of each coefficient; -1: not decoded yet
	dc, ac         int      // tables of the scan
	last           int      // the DC value before
	width, height_ int      // samples that belong to the image
	plane          []uint8
}

// The second bytes of markers (table B.1).
const (
	dht, dqt, dri, dac, dnl  = 0xc4, 0xdb, 0xdd, 0xcc, 0xdc
	startOfScan, endOfImage  = 0xda, 0xd9
	startOfImage             = 0xd8
	app0, app14, restart0    = 0xe0, 0xee, 0xd0
	temporary, restart7      = 0x01, 0xd7
	baseline, lastFrameStart = 0xc0, 0xcf
)

// processes are those of the frame markers (table B.1).
var processes = map[byte]string{0xc0: "baseline", 0xc1: "extended", 0xc2: "progressive", 0xc3: "lossless",
	0xc5: "hierarchical", 0xc6: "hierarchical",
	0xc7: "hierarchical", 0xc9: "arithmetic-coded", 0xca: "arithmetic-coded", 0xcb: "arithmetic-coded",
	0xcd: "hierarchical", 0xce: "hierarchical",
	0xcf: "hierarchical", 0xf7: "JPEG-LS"}

// Segments calls a function with each marker segment, and for each scan with what is left behind its header; the
// function returns how much of that it has read.
func Segments(data []byte, do func(marker byte, body, rest []byte) (used int, err error)) error {
	if len(data) < 2 || data[0] != 0xff || data[1] != startOfImage {
		return errors.New("it does not start as a JPEG")
	}
	data = data[2:]
	for {
		for len(data) > 0 && data[0] != 0xff { // what does not belong here
			data = data[1:]
		}
		for len(data) > 1 && data[1] == 0xff { // fill bytes (B.1.1.2)
			data = data[1:]
		}
		if len(data) < 2 {
			return ErrCutOff
		}
		m := data[1]
		data = data[2:]
		switch {
		case m == endOfImage:
			return nil
		case m == 0 || m == temporary || m == startOfImage || m >= restart0 && m <= restart7:
			continue // has no length
		}
		if len(data) < 2 {
			return ErrCutOff
		}
		n := int(binary.BigEndian.Uint16(data))
		if n < 2 {
			return fmt.Errorf("a marker %02x has a length of %d", m, n)
		}
		if n > len(data) {
			return ErrCutOff
		}
		used, err := do(m, data[2:n], data[n:])
		if err != nil {
			return err
		}
		data = data[n+used:]
	}
}

// errFound ends a walk early.
var errFound = errors.New("found")

// ReadHeader reads up to the first scan.
func ReadHeader(data []byte) (*Header, error) {
	h := &Header{Adobe: -1}
	framed := false
	err := Segments(data, func(m byte, body, _ []byte) (int, error) {
		if m == startOfScan {
			return 0, errFound
		}
		if processes[m] != "" && framed {
			return 0, errors.New("it has two frames")
		}
		framed = framed || processes[m] != ""
		return 0, h.segment(m, body)
	})
	switch {
	case err != nil && err != errFound:
		return nil, err
	case !framed:
		return nil, ErrCutOff
	}
	return h, nil
}

// segment reads what belongs to the header.
func (h *Header) segment(m byte, body []byte) error {
	switch {
	case m == app0 && len(body) >= 5 && string(body[:5]) == "JFIF\x00":
		h.JFIF = true
	case m == app14 && len(body) >= 12 && string(body[:5]) == "Adobe":
		h.Adobe = int(body[11])
	case processes[m] != "":
		return h.frame(m, body)
	}
	return nil
}

// frame reads a frame header (B.2.2).
func (h *Header) frame(m byte, b []byte) error {
	if len(b) < 6 || len(b) < 6+3*int(b[5]) {
		return errors.New("its frame header is not whole")
	}
	h.Process, h.Progressive, h.Sequential = processes[m], m == 0xc2, m == 0xc0 || m == 0xc1
	h.Bits, h.Height, h.Width = int(b[0]), int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	for i := range int(b[5]) {
		c := b[6+3*i:]
		h.Components = append(h.Components, Component{ID: c[0], H: int(c[1] >> 4), V: int(c[1] & 15), Table: int(c[2])})
	}
	if !h.Progressive && !h.Sequential {
		return nil
	}
	if len(h.Components) < 1 || len(h.Components) > 4 {
		return fmt.Errorf("it has %d components", len(h.Components))
	}
	for _, c := range h.Components {
		if c.H < 1 || c.H > 4 || c.V < 1 || c.V > 4 || c.Table > 3 {
			return fmt.Errorf("a component has %d x %d samples by table %d", c.H, c.V, c.Table)
		}
	}
	return nil
}

// Largest returns the most samples that a component has in a unit.
func (h *Header) Largest() (across, down int) {
	for _, c := range h.Components {
		across, down = max(across, c.H), max(down, c.V)
	}
	return across, down
}
