package whiten

import (
	"errors"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// How leading finds a few of many directions.
const (
	exactBelow = 400 // dimensions up to which all directions are found
	besides    = 64  // further directions that are followed on the way
	turns      = 5   // power iterations; the paper says one or two
)

var (
	errEigen = errors.New("the principal directions of the vectors were not found: the eigenvalues do not converge")
	errSame  = errors.New("a whitening cannot be learned on vectors that are all the same")
)

// leading returns the largest eigenvalues of a positive matrix, largest first, and their eigenvectors as columns, each
// with a positive largest value. Of a large matrix, where few are wanted, it finds them by subspace iteration (Halko,
// Martinsson & Tropp 2011, algorithm 4.4): all of them would take gonum minutes for the widest networks.
func leading(m *mat.SymDense, dim int) ([]float64, *mat.Dense, error) {
	n := m.SymmetricDim()
	width := dim + besides
	if n <= exactBelow || 2*width > n {
		return eigen(m, dim, nil)
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	basis := mat.NewDense(n, width, nil)
	basis.Apply(func(int, int, float64) float64 { return rng.NormFloat64() }, basis)
	var image, small mat.Dense
	for range turns {
		image.Mul(m, basis)
		if !orthonormal(&image, basis) {
			return eigen(m, dim, nil)
		}
	}
	image.Mul(m, basis)
	small.Mul(basis.T(), &image)
	return eigen(symmetric(&small), dim, basis)
}

// symmetric returns a matrix that is symmetric but for rounding.
func symmetric(m *mat.Dense) *mat.SymDense {
	n, _ := m.Dims()
	out := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			out.SetSym(i, j, (m.At(i, j)+m.At(j, i))/2)
		}
	}
	return out
}

// orthonormal makes the columns of from orthonormal, into to: by Cholesky's factor of their inner products, twice, for
// rounding. False where they hardly span their number of dimensions.
func orthonormal(from, to *mat.Dense) bool {
	_, width := from.Dims()
	to.Copy(from)
	for range 2 {
		var inner mat.Dense
		inner.Mul(to.T(), to)
		square := mat.NewSymDense(width, nil)
		for i := range width {
			for j := i; j < width; j++ {
				square.SetSym(i, j, inner.At(i, j))
			}
		}
		var root mat.Cholesky
		var upper, inverse mat.TriDense
		if !root.Factorize(square) {
			return false
		}
		root.UTo(&upper)
		if inverse.InverseTri(&upper) != nil {
			return false
		}
		var next mat.Dense
		next.Mul(to, &inverse)
		to.Copy(&next)
	}
	return true
}

// eigen returns the largest eigenvalues of m and their eigenvectors; in a basis, where that is not nil.
func eigen(m *mat.SymDense, dim int, basis *mat.Dense) ([]float64, *mat.Dense, error) {
	var e mat.EigenSym
	if !e.Factorize(m, true) {
		return nil, nil, errEigen
	}
	n := m.SymmetricDim()
	values := e.Values(nil)
	slices.Reverse(values) // they were ascending
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	if basis != nil {
		var full mat.Dense
		full.Mul(basis, &vectors)
		vectors.Reset()
		vectors.CloneFrom(&full)
	}
	rows, _ := vectors.Dims()
	out := mat.NewDense(rows, dim, nil)
	for j := range dim {
		sign := 1.0
		if largestIn(&vectors, n-1-j) < 0 { // a direction's sign is arbitrary: always the same one
			sign = -1
		}
		for i := range rows {
			out.Set(i, j, sign*vectors.At(i, n-1-j))
		}
	}
	return values[:dim], out, nil
}
