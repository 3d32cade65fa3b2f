package jpegsmall

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var (
	errCutOff  = errors.New("its data end early")
	errCode    = errors.New("its data hold no code")
	errRestart = errors.New("a restart marker is missing")
)

// window holds a part of a scan's data without the zeros that are stuffed behind each 0xff (F.1.2.3), so that reading
// needs not look for them. Behind the end of an interval there are ones, which are no code (C.2).
type window struct {
	rest  []byte // of the scan, what was not taken yet
	have  uint   // bytes of data
	limit uint   // from here on more must be called before the next unit
	ended bool   // the interval ends behind them
	data  [windowSize + 8]byte
}

const (
	windowSize = 1 << 14
	// Bytes that a unit can take at most: six blocks of 64 symbols, each of 16 bits with a value of 15, and a prefetch.
	largestUnit = 6*64*31/8 + 8
)

// bits are those at the front of what is left to read: n of them at the top of next, the others from window.data[at]
// on. Below the n there may be more, as they are in the data.
type bits struct {
	next  uint64
	n, at uint
}

// refill makes n at least 56.
func (b bits) refill(w *window) bits {
	b.next |= binary.BigEndian.Uint64(w.data[b.at&(windowSize-1):][:8]) >> (b.n & 63)
	b.at += (63 - b.n) >> 3
	b.n |= 56
	return b
}

// begin starts with the data of an interval.
func (w *window) begin() bits {
	w.have, w.ended = 0, false
	w.fill()
	return bits{}.refill(w)
}

// fill takes bytes until the window is full or the interval ends.
func (w *window) fill() {
	const full = windowSize - largestUnit - 64
	for w.have < full {
		n := min(len(w.rest), int(full-w.have))
		part := w.rest[:n]
		at := bytes.IndexByte(part, 0xff)
		if at >= 0 {
			part = part[:at+1]
		}
		if at < 0 && n > 0 {
			w.have += uint(copy(w.data[w.have:], part))
			w.rest = w.rest[n:]
			continue
		}
		if at < 0 || at+1 >= len(w.rest) || w.rest[at+1] != 0 {
			part = part[:max(at, 0)]
			w.have += uint(copy(w.data[w.have:], part))
			w.rest = w.rest[len(part):]
			w.ended = true
			behind := w.data[w.have:][:largestUnit+32]
			for i := range behind {
				behind[i] = 0xff
			}
			w.limit = w.have
			return
		}
		w.have += uint(copy(w.data[w.have:], part))
		w.rest = w.rest[at+2:]
	}
	w.limit = w.have - largestUnit
}

// more makes data for another unit available, and says that there are none.
func (w *window) more(b bits) (bits, error) {
	if w.ended {
		return b, w.over(b)
	}
	copy(w.data[:], w.data[b.at:w.have])
	w.have -= b.at
	b.at = 0
	w.fill()
	return b, nil
}

// over says that bits behind the end were read.
func (w *window) over(b bits) error {
	if w.ended && 8*b.at-b.n > 8*w.have {
		return errCutOff
	}
	return nil
}

// restart goes behind the restart marker of a number, where the next interval begins (E.2.4). Before it there may be
// fill bytes (B.1.1.2), but no data.
func (w *window) restart(b bits, number int) (bits, error) {
	if !w.ended {
		b, _ = w.more(b) // as far as the marker, if it comes
	}
	left := int(8*w.have) - int(8*b.at-b.n)
	if !w.ended || left < 0 || left >= 8 {
		return b, errRestart
	}
	for len(w.rest) > 2 && w.rest[1] == 0xff {
		w.rest = w.rest[1:]
	}
	if len(w.rest) < 2 || w.rest[1] != 0xd0+byte(number&7) {
		return b, errRestart
	}
	w.rest = w.rest[2:]
	return w.begin(), nil
}
