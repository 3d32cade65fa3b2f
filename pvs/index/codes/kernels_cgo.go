//go:build cgo && amd64

package codes

// #cgo CFLAGS: -O3
// #include "codes.h"
import "C"

import (
	"runtime"
	"unsafe"
)

func best() Instructions { return Instructions(C.pvs_codes_instructions()) }

func (q *Query) scanC(i Instructions, s *Scan, from, to int, least float32, into *Found, room int) int {
	var pin runtime.Pinner
	defer pin.Unpin()
	c := C.pvs_scan_query{words: C.int(q.words), planes: C.int(len(q.planes)), base: C.float(q.base),
		most: C.float(q.most), step: C.float(q.step), least: C.float(least)}
	for j, plane := range q.planes {
		pin.Pin(&plane[0])
		c.plane[j] = (*C.uint64_t)(&plane[0])
	}
	count := C.long(len(into.Rows))
	rows, scores := into.Rows[:room], into.Scores[:room]
	next := C.pvs_codes_scan(C.int(i), &c, (*C.uint64_t)(&s.Codes[0]), (*C.float)(&s.Factors[0]),
		(*C.uint64_t)(&s.Allowed[0]), C.long(from), C.long(to), (*C.uint32_t)(&rows[0]), (*C.float)(&scores[0]), &count,
		C.long(room))
	into.Rows, into.Scores = rows[:count], scores[:count]
	return int(next)
}

func dotsC(i Instructions, rows []byte, stride, n int, query, out []float32) {
	C.pvs_codes_dots(C.int(i), (*C.char)(unsafe.Pointer(&rows[0])), C.long(stride), C.long(n), (*C.float)(&query[0]),
		C.int(len(query)), (*C.float)(&out[0]))
}
