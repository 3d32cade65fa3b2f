package jpegall

import (
	"errors"
	"fmt"
)

// scan is the content of a scan header (B.2.3).
type scan struct {
	components []*Component
	from, to   int  // coefficients, in zigzag order
	high, low  uint // lowest bit of them before and after this scan (Ah, Al)
}

// zigzag is the position of each coefficient in a block (figure A.6).
var zigzag = [64]uint8{0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
	13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
	47, 55, 62, 63}

func (d *decoder) scanHeader(b []byte) (*scan, error) {
	damaged := errors.New("a scan's header is damaged")
	if !d.framed {
		return nil, errors.New("a scan comes before the frame")
	}
	if len(b) < 1 || b[0] < 1 || b[0] > 4 || len(b) < 4+2*int(b[0]) {
		return nil, damaged
	}
	n := int(b[0])
	s := &scan{}
	for i := range n {
		var c *Component
		for k := range d.Components {
			if d.Components[k].ID == b[1+2*i] {
				c = &d.Components[k]
			}
		}
		if c == nil {
			return nil, damaged
		}
		for _, other := range s.components {
			if other == c {
				return nil, damaged
			}
		}
		if c.dc, c.ac = int(b[2+2*i]>>4), int(b[2+2*i]&15); c.dc > 3 || c.ac > 3 {
			return nil, damaged
		}
		s.components = append(s.components, c)
	}
	p := b[1+2*n:]
	s.from, s.to, s.high, s.low = int(p[0]), int(p[1]), uint(p[2]>>4), uint(p[2]&15)
	if d.Sequential {
		s.from, s.to, s.high, s.low = 0, 63, 0, 0 // some writers leave other values
	}
	if s.from > s.to || s.to > 63 || s.low > 13 || s.high > 0 && s.high != s.low+1 || d.Progressive && (s.from == 0 &&
		s.to > 0 || s.from > 0 && n > 1) {
		return nil, damaged
	}
	return s, s.checkProgress()
}

// checkProgress records the bits that the scan decodes, and refuses bits whose higher bits are missing.
func (s *scan) checkProgress() error {
	for _, c := range s.components {
		for k := s.from; k <= s.to; k++ {
			before := int8(s.high)
			if s.high == 0 {
				before = -1
			}
			if c.known[k] != before {
				return errors.New("a scan does not follow those before it")
			}
			c.known[k] = int8(s.low)
		}
	}
	return nil
}

// scan decodes a scan and returns how many bytes its data are.
func (d *decoder) scan(header, data []byte) (used int, err error) {
	s, err := d.scanHeader(header)
	if err != nil {
		return 0, err
	}
	if d.scans++; d.scans > 1000 {
		return 0, errors.New("it has more than 1000 scans")
	}
	for _, c := range s.components {
		if s.from == 0 && s.high == 0 && d.huffman[0][c.dc] == nil || s.to > 0 && d.huffman[1][c.ac] == nil {
			return 0, errors.New("a scan's table of codes is missing")
		}
		c.last = 0
	}
	b := &bits{data: data}
	run := 0 // blocks of an end-of-band run (EOBRUN)
	units, restarts := 0, 0
	maxH, maxV := d.Largest()
	across, down := ceil(d.Width, 8*maxH), ceil(d.Height, 8*maxV)
	alone := len(s.components) == 1
	if alone { // then a unit is a block (A.2.2)
		across, down = s.components[0].blocksX, s.components[0].blocksY
	}
	for y := range down {
		for x := range across {
			if d.interval > 0 && units == d.interval {
				if err := b.restart(restarts); err != nil {
					return 0, err
				}
				units, run = 0, 0
				restarts++
				for _, c := range s.components {
					c.last = 0
				}
			}
			units++
			for _, c := range s.components {
				if alone {
					err = d.block(s, c, b, &run, c.coefficients[64*(y*c.stride+x):][:64])
				} else {
					for i := 0; i < c.H*c.V && err == nil; i++ {
						at := (y*c.V+i/c.H)*c.stride + x*c.H + i%c.H
						err = d.block(s, c, b, &run, c.coefficients[64*at:][:64])
					}
				}
				if err != nil {
					break
				}
			}
			if b.short() {
				return 0, ErrCutOff
			}
			if err != nil {
				return 0, fmt.Errorf("%w at block %d, %d", err, x, y)
			}
		}
	}
	return b.end(), nil
}

func (d *decoder) block(s *scan, c *Component, b *bits, run *int, to []int16) error {
	switch {
	case d.Sequential:
		return d.decodeSequential(c, b, to)
	case s.from == 0 && s.high == 0:
		return d.decodeDC(c, b, s.low, to)
	case s.from == 0:
		to[0] |= int16(b.read(1) << s.low)
		return nil
	case s.high == 0:
		return d.decodeFirstAC(s, c, b, run, to)
	}
	return d.refineAC(s, c, b, run, to)
}

// decodeDC decodes a DC value, or its upper bits (F.2.2.1, G.1.2.1).
func (d *decoder) decodeDC(c *Component, b *bits, low uint, to []int16) error {
	n, err := b.code(d.huffman[0][c.dc])
	if err != nil {
		return err
	}
	if n > 16 {
		return errCode
	}
	c.last += b.extended(n)
	to[0] = int16(c.last << low)
	return nil
}

// decodeSequential decodes a block (F.2.2).
func (d *decoder) decodeSequential(c *Component, b *bits, to []int16) error {
	if err := d.decodeDC(c, b, 0, to); err != nil {
		return err
	}
	h := d.huffman[1][c.ac]
	for k := 1; k < 64; k++ {
		rs, err := b.code(h)
		if err != nil {
			return err
		}
		zeros, n := rs>>4, rs&15
		if n == 0 {
			if zeros != 15 {
				break
			}
			k += 15
			continue
		}
		if k += zeros; k > 63 {
			return errCode
		}
		to[zigzag[k]] = int16(b.extended(n))
	}
	return nil
}

// decodeFirstAC decodes the upper bits of AC values (G.1.2.2).
func (d *decoder) decodeFirstAC(s *scan, c *Component, b *bits, run *int, to []int16) error {
	if *run > 0 {
		*run--
		return nil
	}
	h := d.huffman[1][c.ac]
	for k := s.from; k <= s.to; k++ {
		rs, err := b.code(h)
		if err != nil {
			return err
		}
		zeros, n := rs>>4, rs&15
		if n == 0 {
			if zeros != 15 {
				*run = 1<<zeros - 1 + b.read(zeros)
				break
			}
			k += 15
			continue
		}
		if k += zeros; k > s.to {
			return errCode
		}
		to[zigzag[k]] = int16(b.extended(n) << s.low)
	}
	return nil
}

// refineAC decodes a further bit of AC values (G.1.2.3).
func (d *decoder) refineAC(s *scan, c *Component, b *bits, run *int, to []int16) error {
	bit := int16(1) << s.low
	better := func(v *int16) {
		if b.read(1) == 1 && *v&bit == 0 {
			if *v > 0 {
				*v += bit
			} else {
				*v -= bit
			}
		}
	}
	k := s.from
	if *run == 0 {
		h := d.huffman[1][c.ac]
		for k <= s.to {
			rs, err := b.code(h)
			if err != nil {
				return err
			}
			zeros, n := rs>>4, rs&15
			v := int16(0)
			switch {
			case n == 1:
				if v = -bit; b.read(1) == 1 {
					v = bit
				}
			case n != 0:
				return errCode
			case zeros != 15:
				*run = 1<<zeros + b.read(zeros)
			}
			if *run > 0 {
				break
			}
			for ; k <= s.to; k++ {
				at := &to[zigzag[k]]
				if *at != 0 {
					better(at)
					continue
				}
				if zeros == 0 {
					break
				}
				zeros--
			}
			if k > s.to && v != 0 {
				return errCode
			}
			if v != 0 {
				to[zigzag[k]] = v
			}
			k++
		}
	}
	if *run > 0 {
		*run--
		for ; k <= s.to; k++ {
			if at := &to[zigzag[k]]; *at != 0 {
				better(at)
			}
		}
	}
	return nil
}
