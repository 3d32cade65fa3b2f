package jpegsmall

// A step of the tables below says by how many positions of a block a symbol goes on: the zeros and the value itself, or
// 16 zeros (F.1.2.2.1). Other steps are larger than a block, so that one comparison finds them.
const (
	stepEnd   = 128 // the block ends
	stepApart = 256 // the value is not in the table: its bits follow the code
	stepNone  = 512 // the code is longer than the table's bits, or is none
)

// step is the step of an AC symbol of zeros and the size of a value.
func step(symbol uint8) uint32 {
	zeros, size := uint32(symbol>>4), symbol&15
	switch {
	case size > 0:
		return zeros + 1
	case zeros == 15:
		return 16
	case zeros == 0:
		return stepEnd
	}
	return stepNone // not in a sequential JPEG
}

// extended is the value of size bits (F.2.2.1, EXTEND).
func extended(bits, size uint) int {
	if v := int(bits); size > 0 && v < 1<<(size-1) {
		return v - 1<<size + 1
	} else {
		return v
	}
}

// valueTable maps the next bits to one value: bits to consume in bits 0 to 5, step in 6 to 15, value from 16; apart
// from the value its size is there.
type valueTable struct{ entry [1 << valueBits]uint32 }

const valueBits = 11

// valueTable returns the table of codes; of DC codes, whose symbols are sizes, all steps are 1.
func (c *codes) valueTable(dc bool) *valueTable {
	if c.values == nil {
		c.values = new(valueTable)
	}
	t := c.values
	if c.made.values {
		return t
	}
	for i := range t.entry {
		t.entry[i] = stepNone << 6
	}
	c.each(valueBits, func(code, length int, symbol uint8) {
		size, by := int(symbol&15), step(symbol)
		if dc {
			if by = 1; symbol > 15 {
				by = stepNone
			}
		}
		free := valueBits - length
		entries := t.entry[code<<free:][:1<<free]
		if by == stepNone {
			return
		}
		if size > free {
			for i := range entries {
				entries[i] = uint32(length) | (stepApart+by)<<6 | uint32(size)<<16
			}
			return
		}
		for i := range entries {
			v := extended(uint(i>>(free-size)), uint(size))
			entries[i] = uint32(length+size) | by<<6 | uint32(v)<<16
		}
	})
	c.made.values = true
	return t
}

// passTable maps the next bits to as many whole AC symbols with their values as they hold, at least one code: bits to
// consume in bits 0 to 5, step from bit 6. So values that are not needed are passed two or three at a time.
type passTable struct{ entry [1 << passBits]uint16 }

const passBits = 13

func (c *codes) passTable() *passTable {
	if c.pass == nil {
		c.pass = new(passTable)
	}
	t := c.pass
	if c.made.pass {
		return t
	}
	for i := range t.entry {
		t.entry[i] = stepNone << 6
	}
	c.each(passBits, func(code, length int, symbol uint8) {
		by := step(symbol)
		if by == stepNone {
			return
		}
		free := passBits - length
		e := uint16(uint32(length)+uint32(symbol&15)) | uint16(by<<6)
		entries := t.entry[code<<free:][:1<<free]
		for i := range entries {
			entries[i] = e
		}
	})
	// Symbols are appended from the back, where those that follow are joined already: the bits behind a symbol, followed
	// by zeros, may be looked up if what is found there uses none of those zeros.
	var joined [1 << passBits]uint16
	for i, e := range t.entry {
		used, by := int(e&63), e>>6
		for by < stepEnd {
			next := t.entry[i<<used&(1<<passBits-1)]
			if n := int(next & 63); next>>6 >= stepNone || used+n > passBits {
				break
			}
			used, by = used+int(next&63), by+next>>6
			if by >= 64 {
				break
			}
		}
		joined[i] = uint16(used) | by<<6
	}
	t.entry = joined
	c.made.pass = true
	return t
}
