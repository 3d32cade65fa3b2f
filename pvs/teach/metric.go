package teach

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// Metric is the linear map A that clicks teach: the identity but within the span of a few orthonormal directions Q,
//
//	A = I + Q' (B - I) Q
//
// with Q [Directions, Dim] and B [Directions, Directions]. As x + U V'x that is U = Q'(B - I) and V = Q'.
type Metric struct {
	Dim, Directions int
	basis           blas32.General // Q
	inside          blas32.General // B
}

// newMetric keeps Q [m, dim] and B [m, m], given as rows.
func newMetric(m, dim int, basis, b []float64) *Metric {
	t := &Metric{Dim: dim, Directions: m,
		basis:  blas32.General{Rows: m, Cols: dim, Stride: dim, Data: narrow(basis)},
		inside: blas32.General{Rows: m, Cols: m, Stride: m, Data: narrow(b)}}
	return t
}

func narrow(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

func vector(values []float32) blas32.Vector {
	return blas32.Vector{N: len(values), Inc: 1, Data: values}
}

// moved returns x's coordinates Qx, and BQx, of Ax.
func (t *Metric) moved(x []float32) (before, after []float32) {
	before, after = make([]float32, t.Directions), make([]float32, t.Directions)
	blas32.Gemv(blas.NoTrans, 1, t.basis, vector(x), 0, vector(before))
	blas32.Gemv(blas.NoTrans, 1, t.inside, vector(before), 0, vector(after))
	return before, after
}

// add returns x + Q'(to - from).
func (t *Metric) add(x, from, to []float32) []float32 {
	difference := make([]float32, t.Directions)
	for i := range difference {
		difference[i] = to[i] - from[i]
	}
	out := slices.Clone(x)
	blas32.Gemv(blas.Trans, 1, t.basis, vector(difference), 1, vector(out))
	return out
}

// Apply returns Ax [Dim], not of length 1.
func (t *Metric) Apply(x []float32) []float32 {
	before, after := t.moved(x)
	return t.add(x, before, after)
}

// pull returns A'Ax [Dim], whose inner product with y is that of Ax and Ay.
func (t *Metric) pull(x []float32) []float32 {
	before, after := t.moved(x)
	back := make([]float32, t.Directions)
	blas32.Gemv(blas.Trans, 1, t.inside, vector(after), 0, vector(back))
	return t.add(x, before, back)
}

// Query returns A'Ax, brought to length 1: the vector that an index is searched for to find candidates. Their order is
// that of cos(Ax, Ay) but for the length of Ay, which is left out.
func (t *Metric) Query(x []float32) []float32 {
	out := t.pull(x)
	length := math.Sqrt(inner(out, out))
	if length == 0 {
		return x
	}
	for i := range out {
		out[i] /= float32(length)
	}
	return out
}

// Cosines returns cos(Ax, Ay) of a vector and others, all of length 1.
func (t *Metric) Cosines(x []float32, others [][]float32) []float64 {
	pulled := t.pull(x)
	length := t.length(x)
	out := make([]float64, len(others))
	for i, y := range others {
		if both := length * t.length(y); both > 0 {
			out[i] = inner(pulled, y) / both
		}
	}
	return out
}

// length returns |Ax|. What lies outside of the directions stays as it is.
func (t *Metric) length(x []float32) float64 {
	before, after := t.moved(x)
	return math.Sqrt(max(0, inner(x, x)-inner(before, before)+inner(after, after)))
}

func inner(a, b []float32) float64 { return float64(blas32.Dot(vector(a), vector(b))) }

// Rerank puts photos into order by cos(Ax, Ay), best first, and sets their scores; of equal scores their order stays.
func (t *Metric) Rerank(x []float32, photos []Photo) {
	rows := make([][]float32, len(photos))
	for i, p := range photos {
		rows[i] = p.Vector
	}
	for i, s := range t.Cosines(x, rows) {
		photos[i].Score = s
	}
	slices.SortStableFunc(photos, func(a, b Photo) int { return cmp.Compare(b.Score, a.Score) })
}
