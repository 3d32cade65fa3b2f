package bmff

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrCutOff is the error of a file that ends before the data that it describes.
var ErrCutOff = errors.New("it is cut off")

// errDamaged is the error of a box with invalid content.
func errDamaged(box, format string, args ...any) error {
	return fmt.Errorf("its box %s %s", box, fmt.Sprintf(format, args...))
}

// cursor reads the numbers of a box one after the other; beyond the end they are 0, and short is set.
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

// number reads a big-endian number of 0 to 8 bytes.
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

// eachBox calls do with each box. At the top level of a file the last box may be truncated if it holds media data
// (mdat): that is an error only where the data are read.
func eachBox(data []byte, top bool, do func(kind string, body []byte) error) error {
	for len(data) > 0 {
		if len(data) < 8 {
			if top {
				return nil // padding
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
