package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// elementType is how a little-endian array element is converted to float32.
type elementType struct {
	size int
	read func(b []byte) float32
}

var le = binary.LittleEndian

// elementTypes are the element types of all three formats, by safetensors' names.
var elementTypes = map[string]elementType{
	"F64":  {8, func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) }},
	"F32":  {4, func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }},
	"F16":  {2, func(b []byte) float32 { return float16ToFloat32(le.Uint16(b)) }},
	"BF16": {2, func(b []byte) float32 { return math.Float32frombits(uint32(le.Uint16(b)) << 16) }},
	"I64":  {8, func(b []byte) float32 { return float32(int64(le.Uint64(b))) }},
	"I32":  {4, func(b []byte) float32 { return float32(int32(le.Uint32(b))) }},
	"I16":  {2, func(b []byte) float32 { return float32(int16(le.Uint16(b))) }},
	"I8":   {1, func(b []byte) float32 { return float32(int8(b[0])) }},
	"U64":  {8, func(b []byte) float32 { return float32(le.Uint64(b)) }},
	"U32":  {4, func(b []byte) float32 { return float32(le.Uint32(b)) }},
	"U16":  {2, func(b []byte) float32 { return float32(le.Uint16(b)) }},
	"U8":   {1, func(b []byte) float32 { return float32(b[0]) }},
	"BOOL": {1, func(b []byte) float32 { return float32(b[0]) }},
}

// float16ToFloat32 converts IEEE 754 binary16.
func float16ToFloat32(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		v = math.Inf(1)
		if fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(fraction+1024, exponent-25)
	}
	return math.Float32frombits(math.Float32bits(float32(v)) | sign)
}

// decode converts n elements of raw.
func decode(kind string, raw []byte, n int) ([]float32, error) {
	t, ok := elementTypes[kind]
	if !ok {
		return nil, fmt.Errorf("numbers of type %s are not known", kind)
	}
	if len(raw)/t.size < n {
		return nil, fmt.Errorf("it should have %d numbers, but there are bytes for %d", n, len(raw)/t.size)
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = t.read(raw[i*t.size:])
	}
	return out, nil
}
