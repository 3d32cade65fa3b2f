package codes

import "math"

// Encoder makes codes: one bit a dimension, the sign of the rotated difference from a centre, and a factor that makes
// estimates of inner products unbiased (RaBitQ: Gao, Long: Quantizing High-Dimensional Vectors with a Theoretical Error
// Bound for Approximate Nearest Neighbor Search, SIGMOD 2024, section 3).
type Encoder struct {
	rotation *Rotation
	centre   []float32 // [dim]
	from, to []float32 // a vector on its way
}

// NewEncoder makes an encoder; each goroutine needs one of its own.
func NewEncoder(r *Rotation, centre []float32) *Encoder {
	return &Encoder{r, centre, make([]float32, r.dim), make([]float32, r.bits)}
}

// Encode writes the code of a vector, [dim], to code, [Words(dim)], and returns its factor: with r the difference from
// the centre, rotated, and s the signs of its values, |r|^2 / sum |r_i|, so that the inner product of r with a rotated
// query q is estimated by factor * sum s_i q_i.
func (e *Encoder) Encode(v []float32, code []uint64) (factor float32) {
	for d, x := range v {
		e.from[d] = x - e.centre[d]
	}
	e.rotation.Apply(e.from, e.to)
	squares, sum := 0.0, 0.0
	for w := range code {
		word := uint64(0)
		for b, x := range e.to[w*wordBits : (w+1)*wordBits] {
			word |= uint64(^math.Float32bits(x)>>31) << b // 1 where it is not negative
			squares += float64(x) * float64(x)
			sum += math.Abs(float64(x))
		}
		code[w] = word
	}
	if sum == 0 {
		return 0
	}
	return float32(squares / sum)
}

// Query is a query as it is compared with codes: its rotated values rounded to a few bits, one plane for each bit.
type Query struct {
	words  int
	planes [][]uint64
	// An inner product is estimated as base + factor * (most - step * distance).
	base, most, step float32
}

// Planes is how many bits a query's values are rounded to: with four the codes' own error is much larger than the
// query's; with one it is a Hamming distance.
const Planes = 4

// clipped is the largest magnitude of a query's value, in deviations, that is told apart: with 16 steps larger ones
// would cost more precision near zero than they gain.
const clipped = 2.6

// NewQuery makes the query of a vector, [dim], in [1, 4] planes, for codes of an encoder's rotation and centre.
func (e *Encoder) NewQuery(v []float32, planes int) *Query {
	q := &Query{words: e.rotation.bits / wordBits}
	base := 0.0
	for d, x := range v {
		base += float64(x) * float64(e.centre[d])
	}
	e.rotation.Apply(v, e.to)
	squares, most := 0.0, 0.0
	for _, x := range e.to {
		squares += float64(x) * float64(x)
		most = max(most, math.Abs(float64(x)))
	}
	// A value is step/2 times the sum of 2^j times a sign for each plane j: steps from -levels to levels by twos.
	levels := 1<<planes - 1
	deviation := math.Sqrt(squares / float64(len(e.to)))
	step := 2 * min(most, clipped*deviation) / float64(levels)
	if planes == 1 {
		step = 2 * deviation
	}
	for range planes {
		q.planes = append(q.planes, make([]uint64, q.words))
	}
	for d, x := range e.to {
		level := 0
		if step > 0 {
			level = min(max(int(math.Floor((float64(x)/step)+float64(levels+1)/2)), 0), levels)
		}
		for j := range planes {
			q.planes[j][d/wordBits] |= uint64(level>>j&1) << (d % wordBits)
		}
	}
	q.base, q.step = float32(base), float32(step)
	q.most = float32(step / 2 * float64(levels) * float64(len(e.to)))
	return q
}
