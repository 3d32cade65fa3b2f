package codes

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// wordBits is how many bits a word of a code has.
const wordBits = 64

// rounds of a rotation.
const rounds = 4

// Rotation is a random rotation of vectors that spreads what they differ in over all dimensions, in d log d steps: four
// rounds of random signs, a fast Hadamard transform, and sums and differences of the two halves. A dimension that is no
// multiple of 64 is filled up with zeros first; where it is no power of two the transforms are of the first and of the
// last values by turns. (As in the library of RaBitQ, Gao and others, there FhtKacRotator.)
type Rotation struct {
	dim, bits int
	signs     [rounds][]float32 // 1 and -1
}

// NewRotation makes the rotation of a dimension and a seed; the same ones make the same.
func NewRotation(dim int, seed uint64) *Rotation {
	r := &Rotation{dim: dim, bits: Words(dim) * wordBits}
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range r.signs {
		r.signs[i] = make([]float32, r.bits)
		for d := range r.bits {
			r.signs[i][d] = float32(1 - 2*int(rng.Uint64()>>63))
		}
	}
	return r
}

// Words returns how many words of 64 bits a code of the dimension has.
func Words(dim int) int { return (dim + wordBits - 1) / wordBits }

// Apply rotates v, [dim], into out, [64 * Words(dim)]. Lengths and inner products stay what they are, up to rounding.
func (r *Rotation) Apply(v, out []float32) {
	clear(out[copy(out, v):])
	whole := 1 << (bits.Len(uint(r.bits)) - 1)
	scale := float32(1 / math.Sqrt(float64(whole)))
	for i, signs := range r.signs {
		part := out[:whole]
		if i%2 == 1 {
			part = out[len(out)-whole:]
		}
		for d, s := range signs {
			out[d] *= s
		}
		hadamard(part)
		for d := range part {
			part[d] *= scale
		}
		if whole < r.bits {
			halves(out)
		}
	}
}

// hadamard is the fast Walsh-Hadamard transform, not scaled; the length is a power of two, 8 at least.
func hadamard(v []float32) {
	for span := 1; span < len(v); span *= 2 {
		for from := 0; from < len(v); from += 2 * span {
			a, b := v[from:from+span], v[from+span:from+2*span]
			for i, x := range a {
				y := b[i]
				a[i], b[i] = x+y, x-y
			}
		}
	}
}

// halves replaces the two halves by their sum and their difference.
func halves(v []float32) {
	const scale = 1 / math.Sqrt2
	a, b := v[:len(v)/2], v[len(v)/2:]
	for i, x := range a {
		y := b[i]
		a[i], b[i] = scale*(x+y), scale*(x-y)
	}
}
