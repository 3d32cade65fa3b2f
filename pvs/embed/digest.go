package embed

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Digest is the SHA-256, in hex, of all weights that an output depends on: name, number
// of values and values as float32, little-endian, in the order of the network's layers.
// It is the same on all machines and for all formats of weights files.
func Digest(config effnet.Config, values map[string][]float32, o Output) string {
	h := sha256.New()
	buf := make([]byte, 0, 1<<16)
	for _, name := range weightsOf(config, values, o) {
		v := values[name]
		fmt.Fprintf(h, "%s %d\n", name, len(v)) // a hash's Write does not fail
		for len(v) > 0 {
			n := min(len(v), cap(buf)/4)
			buf = buf[:0]
			for _, x := range v[:n] {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
			}
			h.Write(buf)
			v = v[n:]
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// weightsOf names the weights that an output depends on.
func weightsOf(config effnet.Config, values map[string][]float32, o Output) (names []string) {
	for _, v := range config.VariablesOf(values) {
		if o.block() && strings.HasPrefix(v.Name, string(o)) {
			break
		}
		names = append(names, v.Name)
	}
	for _, v := range headsOf(config, values).variables(o, values) {
		names = append(names, v.Name)
	}
	return names
}

// Fingerprint is a short hash of the same weights, by which checkpoints of trained runs
// know what they started from; [Digest] is for everything else.
func Fingerprint(config effnet.Config, values map[string][]float32, o Output) string {
	h := sha256.New()
	for _, name := range weightsOf(config, values, o) {
		h.Write([]byte(name)) // a hash's Write does not fail
		var sum [8]byte
		mixed := uint64(14695981039346656037)
		for _, v := range values[name] {
			mixed = (mixed ^ uint64(math.Float32bits(v))) * 1099511628211
		}
		binary.LittleEndian.PutUint64(sum[:], mixed)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
