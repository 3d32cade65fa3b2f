package bmff

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrCutOff says that a file ends before what it tells of.
var ErrCutOff = errors.New("it is cut off")

// errDamaged says that a box makes no sense.
func errDamaged(box, format string, args ...any) error {
	return fmt.Errorf("its box %s %s", box, fmt.Sprintf(format, args...))
}

// cursor reads numbers of a box one after the other; what is not there is 0 and remembered.
type cursor struct {
	data  []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.data) {
		c.short, c.data = true, nil
		return nil
	}
	out := c.data[:n]
	c.data = c.data[n:]
	return out
}

// number reads a number of 0 to 8 bytes, the highest first.
func (c *cursor) number(bytes int) uint64 {
	var v uint64
	for _, b := range c.take(bytes) {
		v = v<<8 | uint64(b)
	}
	return v
}

func (c *cursor) u8() int  { return int(c.number(1)) }
func (c *cursor) u16() int { return int(c.number(2)) }
func (c *cursor) u32() uint32 {
	return uint32(c.number(4))
}

// full reads the version and flags that start a full box.
func (c *cursor) full() (version int, flags uint32) {
	v := c.u32()
	return int(v >> 24), v & 0xffffff
}

// each calls a function with each box of some data. Whole files may end within their last box when that is one of data
// (mdat), which is noticed where the data are looked for.
func each(data []byte, top bool, do func(kind string, body []byte) error) error {
	for len(data) > 0 {
		if len(data) < 8 {
			if top {
				return nil // filling
			}
			return ErrCutOff
		}
		size, head := uint64(binary.BigEndian.Uint32(data)), uint64(8)
		kind := string(data[4:8])
		switch size {
		case 0:
			size = uint64(len(data))
		case 1:
			if len(data) < 16 {
				return ErrCutOff
			}
			size, head = binary.BigEndian.Uint64(data[8:]), 16
		}
		if size < head {
			return errDamaged(kind, "is of %d bytes", size)
		}
		if size > uint64(len(data)) {
			if !top || kind != "mdat" {
				return ErrCutOff
			}
			size = uint64(len(data))
		}
		if err := do(kind, data[head:size]); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}
