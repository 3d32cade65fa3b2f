package jpegsmall

import (
	"bytes"
	"errors"
)

var errScan = errors.New("a scan's header is damaged")

// progressive decodes a scan of a progressive JPEG, or goes behind it if its values are not needed: of a picture at an
// eighth, the AC values of all components but those whose blocks are shrunk less. It returns how long its data are.
func (d *decoder) progressive(header, data []byte) (used int, err error) {
	s, err := d.scanHeader(header)
	if err != nil {
		return 0, err
	}
	if s.from > s.to || s.to > 63 || s.low > 13 || s.high > 0 && s.high != s.low+1 ||
		s.from == 0 && s.to > 0 || s.from > 0 && len(s.components) > 1 {
		return 0, errScan
	}
	if d.scans++; d.scans == 1 {
		d.allocateValues()
	}
	var block func(c *component, w *window, b bits, x, y int) (bits, error)
	switch {
	case s.from > 0 && s.components[0].per == 1:
		return behind(data), nil
	case s.from > 0 && s.high == 0:
		block = s.firstAC
	case s.from > 0:
		block = s.refineAC
	case s.high > 0:
		block = s.refineDC
	default:
		block = s.firstDC
	}
	for _, c := range s.components {
		if s.from == 0 && s.high == 0 {
			if !c.dc.defined {
				return 0, errTableMissing
			}
			c.dcTable = c.dc.valueTable(true)
		}
		if s.from > 0 && !c.ac.defined {
			return 0, errTableMissing
		}
	}
	return d.units(s.components, data, block)
}

// behind is where the marker behind a scan's data is.
func behind(data []byte) int {
	for at := 0; ; at++ {
		n := bytes.IndexByte(data[at:], 0xff)
		if at += n; n < 0 || at+1 >= len(data) {
			return len(data)
		}
		if m := data[at+1]; m != 0 && (m < 0xd0 || m > 0xd7) {
			return at
		}
	}
}

// allocateValues makes room for the values of all blocks.
func (d *decoder) allocateValues() {
	for i := range d.used() {
		c := &d.components[i]
		if c.per = 1; c.side > 1 {
			c.per = 64
		}
		c.values = room(c.values, c.inRow*d.down*c.v*c.per)
		clear(c.values)
	}
}

// finish computes the samples of all blocks.
func (d *decoder) finish() error {
	if d.scans == 0 {
		return errCutOff
	}
	if err := d.quantise(); err != nil {
		return err
	}
	d.allocate()
	for i := range d.used() {
		c := &d.components[i]
		for y := range d.down * c.v {
			for x := range c.inRow {
				c.finish(c.valuesAt(x, y), c.plane[c.side*(y*c.stride+x):])
			}
		}
	}
	return nil
}

// finish computes the samples of a block.
func (c *component) finish(values []int16, out []uint8) {
	if c.side == 1 {
		out[0] = sample(int64(values[0])*c.quantity, 3)
		return
	}
	var sum sums
	none := true
	for k, v := range values[1:] {
		if v != 0 {
			sum[c.scatter.to[k+1]&15] += int64(v) * c.scatter.weight[k+1]
			none = false
		}
	}
	if none {
		c.flat(int(values[0]), out)
	} else {
		c.transform(int(values[0]), &sum, out)
	}
}

// valuesAt are the values of a block.
func (c *component) valuesAt(x, y int) []int16 {
	return c.values[c.per*(y*c.inRow+x):][:c.per]
}

// firstDC decodes the upper bits of a DC value (G.1.2.1).
func (s *scanHeader) firstDC(c *component, w *window, b bits, x, y int) (bits, error) {
	b, by, err := dc(w, c.dc, c.dcTable, b)
	c.last += by
	c.valuesAt(x, y)[0] = int16(c.last << s.low)
	return b, err
}

// refineDC decodes a further bit of a DC value.
func (s *scanHeader) refineDC(c *component, w *window, b bits, x, y int) (bits, error) {
	b, bit := b.refill(w).take(1)
	c.valuesAt(x, y)[0] |= int16(bit << s.low)
	return b, nil
}

// take reads up to as many bits as there are.
func (b bits) take(n uint) (bits, uint) {
	v := uint(b.next >> (64 - n))
	b.next <<= n
	b.n -= n
	return b, v
}

// symbol reads an AC symbol and, if the band ends here, its run of blocks in which it does (G.1.2.2).
func (c *component) symbol(w *window, b bits) (_ bits, zeros, size int, ends bool, err error) {
	b = b.refill(w)
	symbol, used := c.ac.symbol(uint(b.next >> 48))
	if used == 0 {
		return b, 0, 0, false, errCode
	}
	b, _ = b.take(used)
	zeros, size = int(symbol>>4), int(symbol&15)
	if ends = size == 0 && zeros < 15; ends {
		var more uint
		b, more = b.take(uint(zeros))
		c.run = 1<<zeros + int(more)
	}
	return b, zeros, size, ends, nil
}

// firstAC decodes the upper bits of AC values (G.1.2.2).
func (s *scanHeader) firstAC(c *component, w *window, b bits, x, y int) (bits, error) {
	if c.run > 0 {
		c.run--
		return b, nil
	}
	values := c.valuesAt(x, y)
	for k := s.from; k <= s.to; k++ {
		b2, zeros, size, ends, err := c.symbol(w, b)
		if b = b2; err != nil {
			return b, err
		}
		if ends {
			c.run--
			return b, nil
		}
		if k += zeros; k > s.to {
			return b, errCode
		}
		var v uint
		b, v = b.take(uint(size))
		values[k] = int16(extended(v, uint(size)) << s.low)
	}
	return b, nil
}

// refineAC decodes a further bit of AC values (G.1.2.3).
func (s *scanHeader) refineAC(c *component, w *window, b bits, x, y int) (bits, error) {
	values, bit := c.valuesAt(x, y), int16(1)<<s.low
	k := s.from
	for k <= s.to && c.run == 0 {
		b2, zeros, size, ends, err := c.symbol(w, b)
		if b = b2; err != nil {
			return b, err
		}
		if ends {
			break
		}
		value := int16(0)
		if size > 1 {
			return b, errCode
		}
		if size == 1 {
			var positive uint
			if b, positive = b.take(1); positive == 1 {
				value = bit
			} else {
				value = -bit
			}
		}
		if b, k = s.refine(values, w, b, k, zeros, bit); k > s.to && value != 0 {
			return b, errCode
		}
		if value != 0 {
			values[k] = value
		}
		k++
	}
	if c.run > 0 {
		c.run--
		b, _ = s.refine(values, w, b, k, 64, bit)
	}
	return b, nil
}

// refine goes over so many zeros, or to the end of the band, and adds a bit to the other values. It stops at the next
// zero.
func (s *scanHeader) refine(values []int16, w *window, b bits, k, zeros int, bit int16) (bits, int) {
	for ; k <= s.to; k++ {
		v := values[k]
		if v == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		var more uint
		if b, more = b.refill(w).take(1); more == 1 && v&bit == 0 {
			if v > 0 {
				values[k] += bit
			} else {
				values[k] -= bit
			}
		}
	}
	return b, k
}
