package jpegsmall

import (
	"bytes"
	"errors"

	"github.com/gopvs/product-visual-search/pvs/internal/jpegall"
)

// scanHeader is the header of a scan (B.2.3).
type scanHeader struct {
	components []*component
	from, to   int  // values, in zigzag order
	high, low  uint // the lowest bit of them before and behind this scan (Ah, Al)
}

func (d *decoder) scanHeader(b []byte) (*scanHeader, error) {
	if len(b) < 1 || len(b) < 4+2*int(b[0]) {
		return nil, errCutOff
	}
	n, s := int(b[0]), &scanHeader{}
	for i := range d.header.Components {
		c := &d.components[i]
		at := 1 + 2*len(s.components)
		if len(s.components) == n || b[at] != c.id {
			continue
		}
		dc, ac := b[at+1]>>4, b[at+1]&15
		if dc > 3 || ac > 3 {
			return nil, ErrUnusual
		}
		c.dc, c.ac, c.last, c.run = &d.huffman[0][dc], &d.huffman[1][ac], 0, 0
		s.components = append(s.components, c)
	}
	p := b[1+2*n:]
	s.from, s.to, s.high, s.low = int(p[0]), int(p[1]), uint(p[2]>>4), uint(p[2]&15)
	if n == 0 || len(s.components) != n {
		return nil, ErrUnusual
	}
	return s, nil
}

// sequential decodes a scan of all components to samples.
func (d *decoder) sequential(header, data []byte) error {
	s, err := d.scanHeader(header)
	if err != nil {
		return err
	}
	if len(s.components) != len(d.used()) || s.from != 0 || s.to != 63 || s.high != 0 || s.low != 0 {
		return ErrUnusual
	}
	for _, c := range s.components {
		if !c.dc.defined || !c.ac.defined {
			return errTableMissing
		}
		c.dcTable = c.dc.valueTable(true)
		if c.side == 1 {
			c.pass = c.ac.passTable()
		} else {
			c.acTable = c.ac.valueTable(false)
		}
	}
	if err := d.quantise(); err != nil {
		return err
	}
	d.allocate()
	used, err := d.units(s.components, data, (*component).block)
	if err == nil && !bytes.HasPrefix(data[used:], []byte{0xff, markEOI}) {
		err = ErrUnusual // another scan, or nothing
	}
	return err
}

var errTableMissing = errors.New("a table is missing")

// quantise gives the components their steps of quantisation.
func (d *decoder) quantise() error {
	for i, from := range d.used() {
		if !d.quantified[from.Table] {
			return errTableMissing
		}
		c, quantity := &d.components[i], &d.quantity[from.Table]
		if c.quantity = int64(quantity[0]); c.side > 1 {
			c.scatter = scatterOf(c.side, quantity)
		}
	}
	return nil
}

// used are the components of the frame.
func (d *decoder) used() []jpegall.Component { return d.header.Components }

// allocate makes room for the samples of all units.
func (d *decoder) allocate() {
	for i := range d.used() {
		c := &d.components[i]
		c.plane = room(c.plane, c.stride*d.down*c.v*c.side)
	}
}

// room is a slice of n values, an earlier one if it is large enough.
func room[T any](s []T, n int) []T {
	if n > cap(s) {
		return make([]T, n)
	}
	return s[:n]
}

// units decodes the blocks of a scan of some components and returns where the marker behind them is. The function
// decodes the xth block of row y of a component. A scan of one component has only blocks that belong to the image
// (A.2.2).
func (d *decoder) units(of []*component, data []byte,
	block func(c *component, w *window, b bits, x, y int) (bits, error)) (used int, err error) {
	w := &d.window
	w.rest = data
	b := w.begin()
	across, down, alone := d.across, d.down, len(of) == 1
	if alone {
		across, down = of[0].blocksX, of[0].blocksY
	}
	left, restarts := d.interval, 0
	for y := range down {
		for x := range across {
			if d.interval > 0 && left == 0 {
				if b, err = w.restart(b, restarts); err != nil {
					return 0, err
				}
				left = d.interval
				restarts++
				for _, c := range of {
					c.last, c.run = 0, 0
				}
			}
			left--
			if b.at >= w.limit {
				if b, err = w.more(b); err != nil {
					return 0, err
				}
			}
			if alone {
				if b, err = block(of[0], w, b, x, y); err != nil {
					return 0, err
				}
				continue
			}
			for _, c := range of {
				for v := range c.v {
					for h := range c.h {
						if b, err = block(c, w, b, x*c.h+h, y*c.v+v); err != nil {
							return 0, err
						}
					}
				}
			}
		}
	}
	used = len(data) - len(w.rest)
	return used + behind(w.rest), w.over(b)
}

// block decodes a block of a sequential scan to its samples.
func (c *component) block(w *window, b bits, x, y int) (bits, error) {
	b, by, err := dc(w, c.dc, c.dcTable, b)
	if err != nil {
		return b, err
	}
	c.last += by
	out := c.plane[c.side*(y*c.stride+x):]
	if c.side == 1 {
		out[0] = sample(int64(c.last)*c.quantity, 3)
		return passAC(w, c.ac, c.pass, b)
	}
	var sum sums
	b, none, err := sumAC(w, c.ac, c.acTable, c.scatter, b, &sum)
	switch {
	case err != nil:
		return b, err
	case none:
		c.flat(c.last, out)
	default:
		c.transform(c.last, &sum, out)
	}
	return b, nil
}

// flat writes the samples of a block without AC values.
func (c *component) flat(dc int, out []uint8) {
	v := sample(int64(dc)*c.quantity, 3)
	for y := range c.side {
		row := out[y*c.stride:][:c.side]
		for x := range row {
			row[x] = v
		}
	}
}

// transform writes the samples of a block.
func (c *component) transform(dc int, sum *sums, out []uint8) {
	sum[0] += int64(dc) * c.scatter.weight[0]
	if c.side == 2 {
		two(sum, out, c.stride)
	} else {
		four(sum, out, c.stride)
	}
}
