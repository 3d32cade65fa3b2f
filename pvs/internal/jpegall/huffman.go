package jpegall

import (
	"bytes"
	"errors"
)

var errCode = errors.New("its data hold no code")

// huffman is a table of codes (annex C), looked up by the next bits where they are short.
type huffman struct {
	short [1 << shortBits]uint16 // length and value; 0: longer
	// Of codes of each length: the first one behind them, aligned to 16 bits, and where the first one's value is, less
	// its code.
	behind [18]int32
	offset [17]int32
	values []byte
}

const shortBits = 9

// huffmanTables reads tables (B.2.4.2).
func (d *decoder) huffmanTables(b []byte) error {
	damaged := errors.New("a table of Huffman codes is damaged")
	for len(b) > 0 {
		if len(b) < 17 || b[0]>>4 > 1 || b[0]&15 > 3 {
			return damaged
		}
		total := 0
		for _, n := range b[1:17] {
			total += int(n)
		}
		if total > 256 || len(b) < 17+total {
			return damaged
		}
		h := &huffman{values: b[17 : 17+total]}
		code, at := int32(0), int32(0)
		for length := 1; length <= 16; length++ {
			n := int32(b[length])
			h.offset[length] = at - code
			if code+n > 1<<length {
				return damaged
			}
			for i := range n {
				if length <= shortBits {
					first := int(code+i) << (shortBits - length)
					for k := range 1 << (shortBits - length) {
						h.short[first+k] = uint16(length)<<8 | uint16(h.values[at+i])
					}
				}
			}
			code, at = code+n, at+n
			h.behind[length] = code << (16 - length)
			code <<= 1
		}
		d.huffman[b[0]>>4][b[0]&15] = h
		b = b[17+total:]
	}
	return nil
}

// bits reads the coded data of a scan, up to the next marker (F.2.2.5).
type bits struct {
	data   []byte
	at     int
	have   int    // bits in the buffer
	next   uint64 // the buffer, its lowest bits to be read last
	padded int    // bits that were made up behind the end
}

// refill loads at least 16 bits into the buffer; beyond the end they are 0 and counted in padded.
func (b *bits) refill() {
	for b.have <= 48 {
		v := byte(0)
		if b.at < len(b.data) && (b.data[b.at] != 0xff || b.at+1 < len(b.data) && b.data[b.at+1] == 0) {
			v = b.data[b.at]
			b.at++
			if v == 0xff {
				b.at++
			}
		} else {
			b.padded += 8
		}
		b.next, b.have = b.next<<8|uint64(v), b.have+8
	}
}

// short says whether bits beyond the end were read.
func (b *bits) short() bool { return b.padded > b.have }

func (b *bits) read(n int) int {
	if n == 0 {
		return 0
	}
	if b.have < n {
		b.refill()
	}
	b.have -= n
	return int(b.next>>b.have) & (1<<n - 1)
}

// extended reads a signed value (F.2.2.1, EXTEND).
func (b *bits) extended(n int) int {
	v := b.read(n)
	if n > 0 && v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}

func (b *bits) code(h *huffman) (int, error) {
	if b.have < 16 {
		b.refill()
	}
	next := int(b.next>>(b.have-16)) & 0xffff
	if s := h.short[next>>(16-shortBits)]; s != 0 {
		b.have -= int(s >> 8)
		return int(s & 255), nil
	}
	for length := 1; length <= 16; length++ {
		if int32(next) < h.behind[length] {
			b.have -= length
			return int(h.values[int32(next>>(16-length))+h.offset[length]]), nil
		}
	}
	return 0, errCode
}

// restart goes to the data behind the restart marker that has to come (F.2.1.3.1, E.2.4).
func (b *bits) restart(number int) error {
	if b.short() {
		return ErrCutOff
	}
	at := b.at
	for at+1 < len(b.data) && b.data[at] == 0xff && b.data[at+1] == 0xff {
		at++
	}
	if at+1 >= len(b.data) {
		return ErrCutOff
	}
	if b.data[at] != 0xff || b.data[at+1] != byte(restart0+number&7) {
		return errors.New("a restart marker is missing")
	}
	*b = bits{data: b.data, at: at + 2}
	return nil
}

// end returns where the marker behind the scan is.
func (b *bits) end() int {
	at := b.at
	for {
		n := bytes.IndexByte(b.data[at:], 0xff)
		if n < 0 || at+n+1 >= len(b.data) {
			return len(b.data)
		}
		at += n
		if m := b.data[at+1]; m != 0 && (m < restart0 || m > restart7) {
			return at
		}
		at++
	}
}
