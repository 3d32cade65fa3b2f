package serve

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// Sketch counts different names over several lists that share some of them: the smallest of the names' 64-bit digests
// (bottom-k sketch: Bar-Yossef et al., Counting distinct elements in a data stream, RANDOM 2002, algorithm 2). Up to
// sketchSize names the count is exact, beyond it has a standard error of 1.1%.
type Sketch struct {
	digests []uint64 // ascending, each once
}

// sketchSize is how many digests are kept; the standard error is one by the square root of it.
const sketchSize = 8192

// SketchOf sketches names, which may repeat.
func SketchOf(names func(yield func(name string) bool)) Sketch {
	var s Sketch
	for name := range names {
		sum := sha256.Sum256([]byte(name))
		s.digests = append(s.digests, binary.BigEndian.Uint64(sum[:]))
		if len(s.digests) >= 16*sketchSize {
			s.digests = smallest(s.digests)
		}
	}
	s.digests = smallest(s.digests)
	return s
}

func smallest(list []uint64) []uint64 {
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), sketchSize)]
}

// Merge is the sketch of both lists together.
func (s Sketch) Merge(t Sketch) Sketch {
	return Sketch{smallest(slices.Concat(s.digests, t.digests))}
}

// Count returns how many different names there are, and whether that is exact.
func (s Sketch) Count() (n int, exact bool) {
	if len(s.digests) < sketchSize {
		return len(s.digests), true
	}
	return int(float64(sketchSize-1) / (float64(s.digests[sketchSize-1]) / math.MaxUint64)), false
}

// Bytes writes it, little-endian.
func (s Sketch) Bytes() []byte {
	out := make([]byte, 0, 8*len(s.digests))
	for _, d := range s.digests {
		out = binary.LittleEndian.AppendUint64(out, d)
	}
	return out
}

// ParseSketch reads what Bytes wrote.
func ParseSketch(data []byte) (Sketch, error) {
	if len(data)%8 != 0 || len(data) > 8*sketchSize {
		return Sketch{}, errors.New("the sketch of the products has another length")
	}
	var s Sketch
	for ; len(data) > 0; data = data[8:] {
		s.digests = append(s.digests, binary.LittleEndian.Uint64(data))
	}
	if !slices.IsSorted(s.digests) {
		return Sketch{}, errors.New("the sketch of the products is not in order")
	}
	return s, nil
}
