package jpegsmall

// dc decodes the difference of a DC value (F.2.2.1).
func dc(w *window, c *codes, t *valueTable, b bits) (bits, int, error) {
	b = b.refill(w)
	e := t.entry[b.next>>(64-valueBits)]
	used, by, v := uint(e&63), e>>6&1023, int(int16(e>>16))
	if by >= stepApart {
		size := uint(v)
		if by >= stepNone {
			if size, used = c.symbol(uint(b.next >> 48)); used == 0 || size > 15 {
				return b, 0, errCode
			}
		}
		v = extended(uint(b.next<<used>>(64-size)), size)
		used += size
	}
	b.next <<= used & 63
	b.n -= used
	return b, v, nil
}

// passAC passes the AC values of a block.
func passAC(w *window, c *codes, t *passTable, b bits) (bits, error) {
	for at := uint(1); ; {
		b = b.refill(w)
		for range 2 { // 56 bits are enough for two steps of at most 13 + 15
			e := uint(t.entry[b.next>>(64-passBits)])
			to := at + e>>6
			if to >= 64 {
				if to > 64 && (to <= stepEnd || to >= stepEnd+64) {
					return passCarefully(w, c, b, at)
				}
				b.next <<= e & 63
				b.n -= e & 63
				return b, nil
			}
			b.next <<= e & 63
			b.n -= e & 63
			at = to
		}
	}
}

// passCarefully passes the AC values of a block from at on, one by one: long codes, and where the last value of a block
// is followed by the next block in the same entry of a table.
func passCarefully(w *window, c *codes, b bits, at uint) (bits, error) {
	for at < 64 {
		b = b.refill(w)
		symbol, used := c.symbol(uint(b.next >> 48))
		by := uint(step(uint8(symbol)))
		if used == 0 || by >= stepNone {
			return b, errCode
		}
		used += symbol & 15
		b.next <<= used & 63
		b.n -= used
		at += by
		if by == stepEnd {
			return b, nil
		}
	}
	if at > 64 {
		return b, errCode
	}
	return b, nil
}

// sumAC decodes the AC values of a block and adds them up; none says that there are none.
func sumAC(w *window, c *codes, t *valueTable, s *scatter, b bits, sum *sums) (_ bits, none bool, _ error) {
	for at := uint(1); ; {
		b = b.refill(w)
		for range 2 {
			e := t.entry[b.next>>(64-valueBits)]
			used, by, v := uint(e&63), uint(e>>6&1023), int(int16(e>>16))
			if by >= stepEnd {
				if by == stepEnd {
					b.next <<= used
					b.n -= used
					return b, at == 1, nil
				}
				size := uint(v)
				if by &^= stepApart; by >= stepNone {
					b = b.refill(w)
					var symbol uint
					if symbol, used = c.symbol(uint(b.next >> 48)); used == 0 {
						return b, false, errCode
					}
					if by = uint(step(uint8(symbol))); by >= stepNone {
						return b, false, errCode
					}
					size = symbol & 15
				}
				v = extended(uint(b.next<<(used&63)>>(64-size)), size)
				used += size
				if by == stepEnd {
					b.next <<= used & 63
					b.n -= used
					return b, at == 1, nil
				}
			}
			b.next <<= used & 63
			b.n -= used
			at += by
			i := (at - 1) & 63
			sum[s.to[i]&15] += int64(v) * s.weight[i]
			if at >= 64 {
				if at > 64 {
					return b, false, errCode
				}
				return b, false, nil
			}
			if b.n < 28 {
				break
			}
		}
	}
}
