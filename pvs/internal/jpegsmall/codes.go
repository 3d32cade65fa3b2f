package jpegsmall

import (
	"bytes"
	"errors"
)

var errTable = errors.New("a table of Huffman codes is damaged")

// codes is a table of Huffman codes (annex C). What is looked up by the next bits is made from it when it is needed,
// and stays while files bring the same codes, as those of one camera do.
type codes struct {
	spec    []byte // as the file has it: 16 numbers of codes by length, then their values (B.2.4.2)
	defined bool   // in this file

	// Of codes of each length: the first one behind them, aligned to 16 bits, and where the first one's value is in
	// spec, less its code.
	behind [17]int32
	offset [17]int32

	// Tables for look-ups keep their memory; made says which are those of these codes.
	values *valueTable
	pass   *passTable
	made   struct{ values, pass bool }
}

// define takes codes from the front of a segment's data and returns the rest.
func (c *codes) define(b []byte) (rest []byte, err error) {
	if len(b) < 16 {
		return nil, errTable
	}
	total := 16
	for _, n := range b[:16] {
		total += int(n)
	}
	if total > 16+256 || len(b) < total {
		return nil, errTable
	}
	c.defined = true
	if bytes.Equal(c.spec, b[:total]) {
		return b[total:], nil
	}
	*c = codes{spec: append(c.spec[:0], b[:total]...), values: c.values, pass: c.pass}
	code, at := int32(0), int32(16)
	for length := 1; length <= 16; length++ {
		n := int32(b[length-1])
		c.offset[length] = at - code
		if code += n; code > 1<<length {
			c.spec = nil
			return nil, errTable
		}
		at += n
		c.behind[length] = code << (16 - length)
		code <<= 1
	}
	c.defined = true
	return b[total:], nil
}

// symbol decodes the code at the front of 16 bits; a length of 0 says that there is none.
func (c *codes) symbol(next uint) (symbol, length uint) {
	for length = 1; length <= 16; length++ {
		if int32(next) < c.behind[length] {
			return uint(c.spec[int32(next>>(16-length))+c.offset[length]]), length
		}
	}
	return 0, 0
}

// each calls a function with each code of at most a number of bits, its length and symbol.
func (c *codes) each(most int, do func(code, length int, symbol uint8)) {
	code, at := 0, 16
	for length := 1; length <= most; length++ {
		for range c.spec[length-1] {
			do(code, length, c.spec[at])
			code++
			at++
		}
		code <<= 1
	}
}
