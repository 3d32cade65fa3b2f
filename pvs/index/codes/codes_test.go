package codes

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// random is a vector of unit length.
func random(rng *rand.Rand, dim int) []float32 {
	v := make([]float32, dim)
	sum := 0.0
	for d := range v {
		v[d] = float32(rng.NormFloat64())
		sum += float64(v[d]) * float64(v[d])
	}
	for d := range v {
		v[d] /= float32(math.Sqrt(sum))
	}
	return v
}

func dot(a, b []float32) (sum float64) {
	for d, x := range a {
		sum += float64(x) * float64(b[d])
	}
	return sum
}

// dims has powers of two, others, and those that fill no word, no vector of words, or only a part of one.
var dims = []int{2, 64, 100, 128, 512, 700, 1280}

// available are the instruction sets that run here.
func available() (list []Instructions) {
	for i := Plain; i <= Best(); i++ {
		list = append(list, i)
	}
	return list
}

func Example() {
	e := NewEncoder(NewRotation(512, 1), make([]float32, 512))
	rng := rand.New(rand.NewPCG(1, 2))
	v := random(rng, 512)
	s := Scan{Codes: make([]uint64, Words(512)), Factors: make([]float32, 1), Allowed: []uint64{1}}
	s.Factors[0] = e.Encode(v, s.Codes)
	found := Found{make([]uint32, 0, 64), make([]float32, 0, 64)}
	e.NewQuery(v, Planes).Scan(Best(), &s, 0, 1, -1, &found)
	fmt.Printf("row %d, about %.1f\n", found.Rows[0], found.Scores[0])
	// Output:
	// row 0, about 1.0
}

// A rotation keeps inner products, and spreads a single value over all places.
func TestRotation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, dim := range dims {
		r := NewRotation(dim, 7)
		a, b := random(rng, dim), random(rng, dim)
		x, y := make([]float32, r.bits), make([]float32, r.bits)
		r.Apply(a, x)
		r.Apply(b, y)
		if math.Abs(dot(a, b)-dot(x, y)) > 1e-5 || math.Abs(dot(x, x)-1) > 1e-5 {
			t.Errorf("dimension %d: inner product %g became %g, length %g", dim, dot(a, b), dot(x, y), dot(x, x))
		}
		one := make([]float32, dim)
		one[0] = 1
		r.Apply(one, x)
		if most := slices.Max(x); r.bits >= 512 && most > 6/float32(math.Sqrt(float64(r.bits))) {
			t.Errorf("dimension %d: one value became %g at one place", dim, most)
		}
	}
	// Codes on the disk depend on it.
	x := make([]float32, 64)
	NewRotation(3, 5).Apply([]float32{1, 2, 3}, x)
	if got := fmt.Sprintf("%.4f %.4f", x[0], x[63]); got != "0.2656 0.4766" {
		t.Errorf("the rotation of seed 5 is another than it was: %s", got)
	}
}

// Estimates are right on average, and as near as theory says: the error's deviation is about 0.76 / sqrt(bits) for unit
// vectors (0.80 of a code's length is along its vector), of four planes hardly more.
func TestEstimates(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for _, dim := range []int{128, 512, 700, 1280} {
		centre := make([]float32, dim)
		centre[3] = 0.2
		for planes, within := range map[int]float64{1: 1.3, 4: 0.85} {
			const n = 500
			e := NewEncoder(NewRotation(dim, 1), centre)
			s := Scan{make([]uint64, n*Words(dim)), make([]float32, n), make([]uint64, (n+63)/64)}
			q := random(rng, dim)
			truth := make([]float64, n)
			for i := range n {
				v := random(rng, dim)
				s.Factors[i] = e.Encode(v, s.Codes[i*Words(dim):][:Words(dim)])
				s.Allowed[i/64] |= 1 << (i % 64)
				truth[i] = dot(v, q)
			}
			found := Found{make([]uint32, 0, n+64), make([]float32, 0, n+64)}
			if next := e.NewQuery(q, planes).Scan(Best(), &s, 0, n, -10, &found); next != n || len(found.Rows) != n {
				t.Fatal(next, len(found.Rows))
			}
			sum, squares := 0.0, 0.0
			for i, r := range found.Rows {
				d := float64(found.Scores[i]) - truth[r]
				sum += d
				squares += d * d
			}
			bits := float64(64 * Words(dim))
			if off := math.Sqrt(squares/n) * math.Sqrt(bits); off > within || math.Abs(sum/n)*math.Sqrt(bits) > 0.2 {
				t.Errorf("dimension %d, %d planes: deviation %.2f / sqrt(bits), mean %.3f / sqrt(bits)", dim, planes, off,
					sum/n*math.Sqrt(bits))
			}
		}
	}
}

// Every instruction set finds the same rows with the same estimates, whatever is allowed, and stops where there is no
// room.
func TestInstructionsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for _, dim := range dims {
		words := Words(dim)
		for _, n := range []int{1, 63, 64, 65, 1000} {
			e := NewEncoder(NewRotation(dim, 1), make([]float32, dim))
			s := Scan{make([]uint64, n*words), make([]float32, n), make([]uint64, (n+63)/64)}
			for i := range n {
				s.Factors[i] = e.Encode(random(rng, dim), s.Codes[i*words:][:words])
				if i/64%3 == 0 || rng.IntN(4) == 0 {
					s.Allowed[i/64] |= 1 << (i % 64)
				}
			}
			q := e.NewQuery(random(rng, dim), 1+n%4)
			var first Found
			for _, instructions := range available() {
				var all Found
				found := Found{make([]uint32, 0, 100), make([]float32, 0, 100)}
				for at := 0; at < n; {
					next := q.Scan(instructions, &s, at, n, 0, &found)
					if len(found.Rows) > 100 || next < n && len(found.Rows) <= 36 {
						t.Fatalf("%v: %d rows, then %d", instructions, len(found.Rows), next)
					}
					all.Rows, all.Scores = append(all.Rows, found.Rows...), append(all.Scores, found.Scores...)
					found.Rows, found.Scores = found.Rows[:0], found.Scores[:0]
					at = next
				}
				if instructions == Plain {
					first = all
				}
				if !slices.Equal(all.Rows, first.Rows) || !slices.Equal(all.Scores, first.Scores) {
					t.Errorf("dimension %d, %d rows: %v finds others than plain Go", dim, n, instructions)
				}
				for i, r := range all.Rows {
					if s.Allowed[r/64]>>(r%64)&1 == 0 || all.Scores[i] <= 0 {
						t.Errorf("row %d with %g is found", r, all.Scores[i])
					}
				}
			}
		}
	}
}

// Inner products are those of a plain loop, and the same for a row alone and among others.
func TestDots(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for _, dim := range append(dims, 1, 7, 33) {
		stride := 4*dim + 4
		rows := make([]byte, 9*stride)
		var list [][]float32
		for r := range 9 {
			list = append(list, random(rng, dim))
			for d, x := range list[r] {
				binary.LittleEndian.PutUint32(rows[r*stride+4*d:], math.Float32bits(x))
			}
		}
		q := random(rng, dim)
		for _, instructions := range available() {
			out, one := make([]float32, 9), make([]float32, 1)
			Dots(instructions, rows, stride, q, out)
			for r := range out {
				Dots(instructions, rows[r*stride:], stride, q, one)
				if math.Abs(float64(out[r])-dot(list[r], q)) > 1e-5 || one[0] != out[r] {
					t.Errorf("%v, dimension %d, row %d: %g, alone %g, want %g", instructions, dim, r, out[r], one[0],
						dot(list[r], q))
				}
			}
		}
	}
}

// A vector that is the centre has no direction: its factor is 0, and its estimate is that of the centre.
func TestCentre(t *testing.T) {
	centre := random(rand.New(rand.NewPCG(6, 1)), 70)
	e := NewEncoder(NewRotation(70, 1), centre)
	if f := e.Encode(centre, make([]uint64, 2)); f != 0 {
		t.Error(f)
	}
}

func BenchmarkScan(b *testing.B) {
	const n, dim = 1_000_000, 512
	rng := rand.New(rand.NewPCG(4, 1))
	s := Scan{make([]uint64, n*Words(dim)), make([]float32, n), make([]uint64, (n+63)/64)}
	for i := range s.Codes {
		s.Codes[i] = rng.Uint64()
	}
	for i := range s.Factors {
		s.Factors[i] = 0.03
	}
	for i := range s.Allowed {
		s.Allowed[i] = ^uint64(0)
	}
	e := NewEncoder(NewRotation(dim, 1), make([]float32, dim))
	found := Found{make([]uint32, 0, 4096), make([]float32, 0, 4096)}
	for _, planes := range []int{1, 4} {
		q := e.NewQuery(random(rng, dim), planes)
		for _, instructions := range available() {
			b.Run(fmt.Sprintf("%v/%d planes", instructions, planes), func(b *testing.B) {
				for b.Loop() {
					found.Rows, found.Scores = found.Rows[:0], found.Scores[:0]
					q.Scan(instructions, &s, 0, n, 0.5, &found)
				}
				b.SetBytes(n * dim / 8)
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, dim := range []int{512, 1280} {
		b.Run(fmt.Sprint(dim), func(b *testing.B) {
			e := NewEncoder(NewRotation(dim, 1), make([]float32, dim))
			v, code := random(rand.New(rand.NewPCG(4, 1)), dim), make([]uint64, Words(dim))
			for b.Loop() {
				e.Encode(v, code)
			}
		})
	}
}
