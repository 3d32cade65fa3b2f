package whiten

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// All is the Dim that keeps all directions that the vectors span. The last of these are
// hardly more than noise, which whitening makes as large as the rest.
const All = -1

// Options of [Learn]; zero values are defaults.
type Options struct {
	// Dim is how many principal directions are kept, those of the largest variance; 0: 256,
	// or all that are spanned if these are fewer; or All.
	Dim int
	// Shrinkage s replaces each variance v by (1-s) v + s m, m being the mean variance of a
	// dimension (Ledoit & Wolf 2004): 0 whitens fully, 1 only centres and rotates.
	Shrinkage float64
	// Rows is how many vectors are learned on, spread evenly over the set; 0: 50,000.
	Rows int
}

// ErrQueries marks the error of a whitening that would be learned on queries, for [errors.Is].
var ErrQueries = errors.New("a whitening is not learned on queries")

const (
	defaultRows = 50_000
	defaultDim  = 256
)

// spanned is the share of the largest variance below which a direction is taken for rounding.
const spanned = 1e-8

// blockRows is how many vectors are converted at once.
const blockRows = 1024

// Whitening maps vectors of In dimensions to unit vectors of Out.
type Whitening struct {
	In, Out int
	Mean    []float32 // [In], of what was learned on
	// Basis are the principal directions, each divided by its standard deviation after
	// shrinkage: [Out, In], largest variance first.
	Basis     []float32
	Shrinkage float64
	Rows      int             // vectors that were learned on
	Origin    *vectors.Origin // of these; nil where it is not known
}

// Learn finds mean and principal directions of unit vectors, which must not be those of
// queries: what is scored must not be learned on. Time grows with Rows x Dim^2 + Dim^3.
func Learn(set *vectors.Set, o Options) (*Whitening, error) {
	if err := set.CheckUnit(); err != nil {
		return nil, fmt.Errorf("learning a whitening: %w", err)
	}
	if set.Origin != nil && set.Origin.Split == "query" {
		return nil, tag.Error(errors.New("a whitening is not learned on queries, as it would be scored on what it has "+
			"seen: take the vectors of the split index or train"), ErrQueries)
	}
	if Whitened(set.Origin) {
		return nil, errors.New("a whitening is not learned on vectors that are whitened already: take those that they " +
			"were made of")
	}
	if o.Rows == 0 {
		o.Rows = defaultRows
	}
	if o.Dim < All || o.Dim > set.Dim || !(o.Shrinkage >= 0 && o.Shrinkage <= 1) || o.Rows < 2 {
		return nil, fmt.Errorf("a whitening of %d dimensions (at most the vectors' %d), shrinkage %g (0 to 1) "+
			"and %d rows (at least 2) is not possible", o.Dim, set.Dim, o.Shrinkage, o.Rows)
	}
	rows := spread(set.Len(), o.Rows)
	if len(rows) < 2 {
		return nil, fmt.Errorf("a whitening cannot be learned on %d vectors: it needs at least 2", len(rows))
	}
	mean, covariance := moments(set, rows)
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return nil, errors.New("the principal directions of the vectors were not found: the eigenvalues do not converge")
	}
	w := &Whitening{In: set.Dim, Shrinkage: o.Shrinkage, Rows: len(rows), Origin: set.Origin}
	if err := w.keep(&eigen, o.Dim); err != nil {
		return nil, err
	}
	w.Mean = make([]float32, len(mean))
	for d, v := range mean {
		w.Mean[d] = float32(v)
	}
	return w, nil
}

func meanOf(set *vectors.Set, rows []int) []float64 {
	mean := make([]float64, set.Dim)
	for _, r := range rows {
		for d, v := range set.Row(r) {
			mean[d] += float64(v)
		}
	}
	for d := range mean {
		mean[d] /= float64(len(rows))
	}
	return mean
}

// moments returns mean and covariance, both in float64.
func moments(set *vectors.Set, rows []int) ([]float64, *mat.SymDense) {
	mean := meanOf(set, rows)
	covariance := mat.NewSymDense(set.Dim, nil)
	block := make([]float64, min(blockRows, len(rows))*set.Dim)
	for from := 0; from < len(rows); from += blockRows {
		part := rows[from:min(from+blockRows, len(rows))]
		for i, r := range part {
			for d, v := range set.Row(r) {
				block[i*set.Dim+d] = float64(v) - mean[d]
			}
		}
		x := mat.NewDense(len(part), set.Dim, block[:len(part)*set.Dim])
		covariance.SymRankK(covariance, 1/float64(len(rows)), x.T())
	}
	return mean, covariance
}

// keep takes the directions of the largest variance, as many as Options.Dim says.
func (w *Whitening) keep(eigen *mat.EigenSym, dim int) error {
	variances := eigen.Values(nil) // ascending
	largest, mean, span := variances[w.In-1], 0.0, 0
	for _, v := range variances {
		mean += v / float64(w.In)
		if v > spanned*largest && v > math.SmallestNonzeroFloat32 {
			span++
		}
	}
	if span == 0 {
		return errors.New("a whitening cannot be learned on vectors that are all the same")
	}
	if dim > span {
		return fmt.Errorf("%d dimensions cannot be kept: the %d vectors that were learned on span %d; ask for at most "+
			"these", dim, w.Rows, span)
	}
	switch w.Out = dim; dim {
	case 0:
		w.Out = min(defaultDim, span)
	case All:
		w.Out = span
	}
	var directions mat.Dense
	eigen.VectorsTo(&directions)
	w.Basis = make([]float32, w.Out*w.In)
	for i := range w.Out {
		column := w.In - 1 - i
		scale := 1 / math.Sqrt((1-w.Shrinkage)*variances[column]+w.Shrinkage*mean)
		if largestIn(&directions, column) < 0 { // a direction's sign is arbitrary: always the same one
			scale = -scale
		}
		for d := range w.In {
			w.Basis[i*w.In+d] = float32(scale * directions.At(d, column))
		}
	}
	return nil
}

// largestIn returns a column's first value of (about) the largest magnitude.
func largestIn(m *mat.Dense, column int) float64 {
	largest := 0.0
	rows, _ := m.Dims()
	for r := range rows {
		if v := m.At(r, column); math.Abs(v) > math.Abs(largest)*(1+1e-6) {
			largest = v
		}
	}
	return largest
}
