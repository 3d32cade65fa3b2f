package replay

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// axes is how many principal coordinates of the photos are turned onto each other; two are shown.
const axes = 32

// errLayout says that no coordinates were found.
var errLayout = errors.New("the vectors cannot be laid out: their principal coordinates do not converge")

// Layout is a plane in which epochs are laid out alike: the first two principal coordinates of a reference's vectors.
// Other vectors of the same photos, of any dimension, are turned onto the reference by the rotation or reflection that
// brings their principal coordinates nearest to the reference's (orthogonal Procrustes: Schönemann 1966). So vectors
// that only were turned, as by another start of the last layer, have the same points; what moves has moved among the
// others.
type Layout struct{ reference *mat.Dense }

// NewLayout makes the plane of n vectors [n, dim], row by row.
func NewLayout(data []float32, dim int) (*Layout, error) {
	reference, err := principal(data, dim)
	return &Layout{reference}, err
}

// Points returns where vectors of the reference's photos are in the plane.
func (l *Layout) Points(data []float32, dim int) ([][2]float64, error) {
	own, err := principal(data, dim)
	if err != nil {
		return nil, err
	}
	var between mat.Dense
	between.Mul(own.T(), l.reference)
	var svd mat.SVD
	if !svd.Factorize(&between, mat.SVDFull) {
		return nil, errLayout
	}
	var u, v, turn, turned mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	turn.Mul(&u, v.T())
	turned.Mul(own, &turn)
	out := make([][2]float64, len(data)/dim)
	for i := range out {
		out[i] = [2]float64{turned.At(i, 0), turned.At(i, 1)}
	}
	return out, nil
}

// principal returns the first principal coordinates of vectors, [n, axes], which are known up to their signs: from
// their inner products, so that only these count. What has fewer dimensions has zeros in the others.
func principal(data []float32, dim int) (*mat.Dense, error) {
	n := len(data) / dim
	x := mat.NewDense(n, dim, nil)
	mean := make([]float64, dim)
	for i, v := range data {
		mean[i%dim] += float64(v) / float64(n)
	}
	for i, v := range data {
		x.Set(i/dim, i%dim, float64(v)-mean[i%dim])
	}
	gram := mat.NewSymDense(n, nil)
	gram.SymOuterK(1, x)
	var e mat.EigenSym
	if !e.Factorize(gram, true) {
		return nil, errLayout
	}
	values := e.Values(nil) // ascending
	var directions mat.Dense
	e.VectorsTo(&directions)
	out := mat.NewDense(n, axes, nil)
	for j := range min(axes, n) {
		length := math.Sqrt(max(0, values[n-1-j]))
		for i := range n {
			out.Set(i, j, length*directions.At(i, n-1-j))
		}
	}
	return out, nil
}
