package replay

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// normal draws n vectors whose directions vary more and less, as those of photos do.
func normal(rng *rand.Rand, n, dim int) []float32 {
	data := make([]float32, n*dim)
	for i := range data {
		data[i] = float32(rng.NormFloat64() / math.Sqrt(float64(1+i%dim)))
	}
	return data
}

// turned turns vectors by a rotation drawn at random into more dimensions, and mirrors one of them.
func turned(rng *rand.Rand, data []float32, dim, to int) []float32 {
	square := mat.NewDense(to, to, nil)
	square.Apply(func(int, int, float64) float64 { return rng.NormFloat64() }, square)
	var qr mat.QR
	qr.Factorize(square)
	var q mat.Dense
	qr.QTo(&q)
	out := make([]float32, len(data)/dim*to)
	for i := range len(data) / dim {
		for k := range to {
			var sum float64
			for j := range dim {
				sum += float64(data[i*dim+j]) * q.At(j, k)
			}
			if k == 0 {
				sum = -sum
			}
			out[i*to+k] = float32(sum)
		}
	}
	return out
}

// apart is the largest distance of two lists of points.
func apart(a, b [][2]float64) (most float64) {
	for i := range a {
		most = max(most, math.Hypot(a[i][0]-b[i][0], a[i][1]-b[i][1]))
	}
	return most
}

// The same vectors have the same points; turned, mirrored and in more dimensions they have them but for rounding, and
// one photo that moves moves alone.
func TestLayoutIsSteady(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, dim = 120, 24
	data := normal(rng, n, dim)
	layout, err := NewLayout(data, dim)
	if err != nil {
		t.Fatal(err)
	}
	points := func(data []float32, dim int) [][2]float64 {
		t.Helper()
		p, err := layout.Points(data, dim)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := points(data, dim)
	for i, p := range points(data, dim) {
		if p != first[i] {
			t.Fatalf("the same vectors have the point %v, then %v", first[i], p)
		}
	}
	if d := apart(first, points(turned(rng, data, dim, dim), dim)); d > 1e-4 {
		t.Errorf("turned vectors' points are %g apart", d)
	}
	if d := apart(first, points(turned(rng, data, dim, 2*dim), 2*dim)); d > 1e-4 {
		t.Errorf("turned in more dimensions they are %g apart", d)
	}
	spread := 0.0
	for _, p := range first {
		spread = max(spread, math.Hypot(p[0], p[1]))
	}
	moved := append([]float32(nil), data...)
	for d := range dim {
		moved[7*dim+d] = -2 * data[7*dim+d]
	}
	after := points(moved, dim)
	own := math.Hypot(after[7][0]-first[7][0], after[7][1]-first[7][1])
	for i := range after {
		if d := math.Hypot(after[i][0]-first[i][0], after[i][1]-first[i][1]); i != 7 && d > own/4 {
			t.Errorf("photo 7 moved by %.3f of %.3f, and photo %d by %.3f", own, spread, i, d)
		}
	}
}

// The points are the first two principal coordinates: no other plane has a larger variance.
func TestLayoutIsPrincipal(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const n, dim = 60, 8
	data := normal(rng, n, dim)
	layout, err := NewLayout(data, dim)
	if err != nil {
		t.Fatal(err)
	}
	points, err := layout.Points(data, dim)
	if err != nil {
		t.Fatal(err)
	}
	covariance := mat.NewSymDense(dim, nil)
	mean := make([]float64, dim)
	for i, v := range data {
		mean[i%dim] += float64(v) / n
	}
	for i := range n {
		for j := range dim {
			for k := j; k < dim; k++ {
				covariance.SetSym(j, k, covariance.At(j, k)+(float64(data[i*dim+j])-mean[j])*(float64(data[i*dim+k])-mean[k]))
			}
		}
	}
	var e mat.EigenSym
	e.Factorize(covariance, false)
	values := e.Values(nil)
	for k := range 2 {
		var sum float64
		for _, p := range points {
			sum += p[k] * p[k]
		}
		if want := values[dim-1-k]; math.Abs(sum-want) > 1e-4*want {
			t.Errorf("axis %d has the variance %g, not %g", k, sum, want)
		}
	}
}
