package whiten

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Apply returns the unit vectors [n, In], whitened, as unit vectors [n, Out] with the same
// ids. Vectors that were made in another way than those that were learned on are refused
// where both are known. A vector that is the mean has no direction and is an error.
func (w *Whitening) Apply(set *vectors.Set) (*vectors.Set, error) {
	if set.Dim != w.In {
		return nil, fmt.Errorf("the whitening was learned on vectors of dimension %d, and these have %d: embed both "+
			"with the same network", w.In, set.Dim)
	}
	if err := vectors.Compare("what the whitening was learned on", w.Origin, "these vectors", set.Origin); err != nil {
		return nil, err
	}
	if err := set.CheckUnit(); err != nil {
		return nil, fmt.Errorf("whitening: %w", err)
	}
	out := &vectors.Set{IDs: slices.Clone(set.IDs), Dim: w.Out, Data: make([]float32, set.Len()*w.Out),
		Origin: w.originOf(set.Origin)}
	w.into(out.Data, set.Data)
	for i, id := range out.IDs {
		if !unit(out.Row(i)) {
			return nil, fmt.Errorf("whitened, vector %d (%s) has no direction: it is the mean of what was learned on; "+
				"look at that photo, or search without whitening", i, id)
		}
	}
	return out, nil
}

// into centres vectors [n, In] and turns and scales them into out, [n, Out].
func (w *Whitening) into(out, data []float32) {
	count := len(data) / w.In
	basis := blas32.General{Rows: w.Out, Cols: w.In, Stride: w.In, Data: w.Basis}
	block := make([]float32, min(blockRows, count)*w.In)
	for from := 0; from < count; from += blockRows {
		n := min(blockRows, count-from)
		for i := range n {
			for d, v := range data[(from+i)*w.In : (from+i+1)*w.In] {
				block[i*w.In+d] = v - w.Mean[d]
			}
		}
		centred := blas32.General{Rows: n, Cols: w.In, Stride: w.In, Data: block[:n*w.In]}
		result := blas32.General{Rows: n, Cols: w.Out, Stride: w.Out, Data: out[from*w.Out : (from+n)*w.Out]}
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, centred, basis, 0, result)
	}
}

// unit scales a vector to length 1; false: it has no direction.
func unit(row []float32) bool {
	sum := 0.0
	for _, v := range row {
		sum += float64(v) * float64(v)
	}
	if sum == 0 || math.IsInf(sum, 0) || math.IsNaN(sum) {
		return false
	}
	scale := 1 / math.Sqrt(sum)
	for d, v := range row {
		row[d] = float32(float64(v) * scale)
	}
	return true
}
