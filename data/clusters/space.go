package clusters

import (
	"math"
	"math/rand/v2"
)

// space is where the vectors lie.
type space struct {
	seed     uint64
	spectrum []float32   // deviation of each coordinate before the rotation
	turns    [][]turn    // layers of rotations
	centres  [][]float32 // of the categories
	opts     Options
}

// turn rotates two coordinates.
type turn struct {
	i, j     int
	cos, sin float32
}

// Streams of random numbers, so that one does not depend on how much another draws.
const (
	streamTurns = iota
	streamCategory
	streamProduct
	streamPhoto
	streamSize
)

func (s *space) rng(stream int, a, b uint64) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed^uint64(stream)<<56, a<<8^b))
}

// newSpace draws the categories and the rotation.
func newSpace(opts Options) *space {
	s := &space{seed: opts.Seed, opts: opts, spectrum: make([]float32, opts.Dim)}
	sum := 0.0
	for i := range s.spectrum {
		// Deviations fall with the coordinate's number, as those of a network's features do.
		v := math.Pow(float64(i+1), -opts.Decay)
		s.spectrum[i] = float32(v)
		sum += v * v
	}
	for i := range s.spectrum {
		s.spectrum[i] /= float32(math.Sqrt(sum))
	}
	// A dense rotation would cost Dim squared for each vector: layers of pairs, as many as
	// let every coordinate reach every other, spread the spectrum over all of them.
	rng := s.rng(streamTurns, 0, 0)
	for span := 1; span < 2*opts.Dim; span *= 2 {
		order := rng.Perm(opts.Dim)
		var layer []turn
		for k := 0; k+1 < len(order); k += 2 {
			sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
			layer = append(layer, turn{order[k], order[k+1], float32(cos), float32(sin)})
		}
		s.turns = append(s.turns, layer)
	}
	for c := range opts.Categories {
		centre := make([]float32, opts.Dim)
		s.scatter(centre, s.rng(streamCategory, uint64(c), 0), 1)
		s.centres = append(s.centres, centre)
	}
	return s
}

// scatter adds a random vector of about the length spread.
func (s *space) scatter(v []float32, rng *rand.Rand, spread float64) {
	for i, d := range s.spectrum {
		v[i] += float32(spread*rng.NormFloat64()) * d
	}
}

// photo writes photo k of a product, of unit length.
func (s *space) photo(product, k int, v []float32) {
	rng := s.rng(streamProduct, uint64(product), 0)
	copy(v, s.centres[rng.IntN(len(s.centres))])
	s.scatter(v, rng, s.opts.Products)
	s.scatter(v, s.rng(streamPhoto, uint64(product), uint64(k)), s.opts.Photos)
	for _, layer := range s.turns {
		for _, t := range layer {
			v[t.i], v[t.j] = t.cos*v[t.i]-t.sin*v[t.j], t.sin*v[t.i]+t.cos*v[t.j]
		}
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	scale := float32(1 / math.Sqrt(max(sum, 1e-30)))
	for i := range v {
		v[i] *= scale
	}
}

// photos is how many index photos a product has: 3 to 7, as in data/studio.
func (s *space) photos(product int) int { return 3 + s.rng(streamSize, uint64(product), 0).IntN(5) }
