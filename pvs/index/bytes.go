package index

import (
	"encoding/binary"
	"math"
)

// asBytes writes values as float32 in little-endian order, as the database and the files hold them.
func asBytes(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

// asFloats appends the values of such bytes.
func asFloats(into []float32, data []byte) []float32 {
	for ; len(data) >= 4; data = data[4:] {
		into = append(into, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return into
}
