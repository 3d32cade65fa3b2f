package codes

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Instructions are what of a processor is used.
type Instructions int

// The instruction sets for which there is code: Go's own, AVX2 with FMA, and AVX-512 with VPOPCNTDQ.
const (
	Plain Instructions = iota
	AVX2
	AVX512
)

func (i Instructions) String() string { return [...]string{"plain Go", "AVX2", "AVX-512 VPOPCNTDQ"}[i] }

// Best are the best ones that run here.
func Best() Instructions { return best() }

// group is how many rows are looked at at a time.
const group = 64

// Scan is rows to be compared with a query.
type Scan struct {
	Codes   []uint64  // [n, Words]
	Factors []float32 // [n]
	Allowed []uint64  // a bit a row, 0: leave the row out; those behind row n are 0
}

// Found is rows with their estimated inner products.
type Found struct {
	Rows   []uint32
	Scores []float32
}

// Scan appends the allowed rows of [from, to) whose estimate is larger than least to into, whose capacity it does not
// change. It stops before a group of 64 rows that might not fit, and returns where it goes on.
// From is a multiple of 64.
func (q *Query) Scan(i Instructions, s *Scan, from, to int, least float32, into *Found) (next int) {
	room := min(cap(into.Rows), cap(into.Scores))
	if from >= to {
		return to
	}
	if i != Plain {
		return q.scanC(i, s, from, to, least, into, room)
	}
	for row := from; row < to; row += group {
		word := s.Allowed[row/group]
		if word != 0 && len(into.Rows)+group > room {
			return row
		}
		for ; word != 0; word &= word - 1 {
			r := row + bits.TrailingZeros64(word)
			distance := q.distance(s.Codes[r*q.words:][:q.words])
			if score := q.base + s.Factors[r]*(q.most-q.step*float32(distance)); score > least {
				into.Rows, into.Scores = append(into.Rows, uint32(r)), append(into.Scores, score)
			}
		}
	}
	return to
}

// distance is the weighted sum of Hamming distances.
func (q *Query) distance(code []uint64) (sum int) {
	for j, plane := range q.planes {
		n := 0
		for w, c := range code {
			n += bits.OnesCount64(c ^ plane[w])
		}
		sum += n << j
	}
	return sum
}

// Dots writes the inner products of rows with a query: a row is len(query) values, float32 in little-endian order, and
// begins stride bytes, a multiple of 4, behind the one before. There are len(out) rows.
func Dots(i Instructions, rows []byte, stride int, query, out []float32) {
	if len(out) == 0 {
		return
	}
	if i != Plain {
		_ = rows[(len(out)-1)*stride+4*len(query)-1]
		dotsC(i, rows, stride, len(out), query, out)
		return
	}
	for r := range out {
		row := rows[r*stride:][:4*len(query)]
		var sum [4]float32
		for d, v := range query {
			sum[d%4] += v * math.Float32frombits(binary.LittleEndian.Uint32(row[4*d:]))
		}
		out[r] = sum[0] + sum[1] + (sum[2] + sum[3])
	}
}
