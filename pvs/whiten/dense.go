package whiten

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Dense is a whitening as a dense layer, x -> x Kernel + Bias: of vectors as a network gives them, of any length, so
// that it can become the network's last layer. Its outputs are brought to unit length afterwards, as all vectors are.
type Dense struct {
	In, Out int
	Kernel  []float32 // [In, Out]
	Bias    []float32 // [Out]: the mean of what was learned on goes to 0
}

// Apply maps vectors [n, In] to [n, Out], not yet of unit length.
func (d *Dense) Apply(set *vectors.Set) *vectors.Set {
	out := &vectors.Set{IDs: set.IDs, Dim: d.Out, Data: make([]float32, set.Len()*d.Out)}
	for i := range set.Len() {
		copy(out.Row(i), d.Bias)
	}
	if set.Len() > 0 {
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas32.General{Rows: set.Len(), Cols: d.In, Stride: d.In, Data: set.Data},
			blas32.General{Rows: d.In, Cols: d.Out, Stride: d.Out, Data: d.Kernel},
			1, blas32.General{Rows: set.Len(), Cols: d.Out, Stride: d.Out, Data: out.Data})
	}
	return out
}

// Whitening is the layer as what is applied to unit vectors as they are embedded, of so many rows of an origin: any
// layer has that form, with the point that it maps to 0 in place of the mean. Out is at most In.
func (d *Dense) Whitening(origin *vectors.Origin, rows int) (*Whitening, error) {
	if d.Out > d.In {
		return nil, fmt.Errorf("a layer of %d values from %d has no mean: it has more than it is made of", d.Out, d.In)
	}
	w := &Whitening{In: d.In, Out: d.Out, Mean: make([]float32, d.In), Basis: make([]float32, len(d.Kernel)), Rows: rows,
		Origin: origin}
	basis := mat.NewDense(d.Out, d.In, nil)
	for i := range d.In {
		for j := range d.Out {
			v := d.Kernel[i*d.Out+j]
			w.Basis[j*d.In+i] = v
			basis.Set(j, i, float64(v))
		}
	}
	bias := mat.NewVecDense(d.Out, nil)
	for j, v := range d.Bias {
		bias.SetVec(j, -float64(v))
	}
	var mean mat.VecDense // the shortest with basis * mean = -bias
	if err := mean.SolveVec(basis, bias); err != nil {
		var near mat.Condition
		if !errors.As(err, &near) || math.IsInf(float64(near), 1) {
			return nil, fmt.Errorf("a layer of %d values from %d maps nothing to 0: %w", d.Out, d.In, err)
		}
	}
	for i := range w.Mean {
		w.Mean[i] = float32(mean.AtVec(i))
	}
	return w, nil
}

// LearnDense learns a whitening of vectors of any length.
//
// Without labels it is PCA whitening. With them - a class for each vector, below 0: none - it is learned whitening
// (Mikolajczyk & Matas 2007, "Improving descriptors for fast tree matching by optimal linear projection", as in
// Radenović et al. 2018, section 3.3): directions in which the photos of one class differ are held back, and of what is
// left the directions are kept in which all photos differ most. Classes of one vector say nothing about the first.
func LearnDense(set *vectors.Set, classes []int32, o Options) (*Dense, error) {
	if o.Rows == 0 {
		o.Rows = defaultRows
	}
	if o.Dim == 0 {
		o.Dim = min(defaultDim, set.Dim)
	}
	switch {
	case o.Dim < 1 || o.Dim > set.Dim || !(o.Shrinkage >= 0 && o.Shrinkage <= 1) || o.Rows < 2:
		return nil, fmt.Errorf("a whitening of %d dimensions (1 to the vectors' %d), shrinkage %g (0 to 1) and %d rows "+
			"(at least 2) is not possible", o.Dim, set.Dim, o.Shrinkage, o.Rows)
	case classes != nil && len(classes) != set.Len():
		return nil, fmt.Errorf("%d classes for %d vectors", len(classes), set.Len())
	case set.Len() < 2:
		return nil, fmt.Errorf("a whitening cannot be learned on %d vectors: it needs at least 2", set.Len())
	}
	rows := spread(set.Len(), o.Rows)
	if classes != nil {
		rows = Sample(classes, o.Rows)
	}
	learn := set
	var span *mat.Dense // [In, fewer]: of few vectors, what they span
	if 2*len(rows) < set.Dim {
		var err error
		if learn, span, err = spannedBy(set, rows); err != nil {
			return nil, err
		}
	}
	mean, total := moments(learn, rows)
	scatter := total
	if classes != nil {
		if scatter = within(learn, classes, rows); scatter == nil {
			return nil, errors.New("a whitening is learned on classes of two or more vectors, and there are none")
		}
	}
	if o.Dim > learn.Dim {
		o.Dim = learn.Dim
	}
	kernel, err := directions(scatter, total, o, mat.Trace(scatter)/float64(set.Dim))
	if err != nil {
		return nil, err
	}
	if span != nil {
		var whole mat.Dense
		whole.Mul(span, kernel)
		kernel, mean = &whole, meanOf(set, rows)
	}
	d := &Dense{In: set.Dim, Out: o.Dim, Kernel: make([]float32, set.Dim*o.Dim), Bias: make([]float32, o.Dim)}
	for j := range d.Out {
		sum := 0.0
		for i := range d.In {
			v := kernel.At(i, j)
			d.Kernel[i*d.Out+j] = float32(v)
			sum -= mean[i] * v
		}
		d.Bias[j] = float32(sum)
	}
	return d, nil
}

// within returns the covariance of vectors about the means of their classes; nil where no class has two.
func within(set *vectors.Set, classes []int32, rows []int) *mat.SymDense {
	means := map[int32][]float64{}
	count := map[int32]int{}
	for _, r := range rows {
		c := classes[r]
		if means[c] == nil {
			means[c] = make([]float64, set.Dim)
		}
		count[c]++
		for d, v := range set.Row(r) {
			means[c][d] += float64(v)
		}
	}
	var shared []int
	degrees := 0 // of freedom
	for _, r := range rows {
		if c := classes[r]; c >= 0 && count[c] > 1 {
			shared = append(shared, r)
		}
	}
	for c, n := range count {
		if c >= 0 && n > 1 {
			degrees += n - 1
		}
	}
	if degrees == 0 {
		return nil
	}
	out := mat.NewSymDense(set.Dim, nil)
	block := make([]float64, min(blockRows, len(shared))*set.Dim)
	for from := 0; from < len(shared); from += blockRows {
		part := shared[from:min(from+blockRows, len(shared))]
		for i, r := range part {
			c := classes[r]
			for d, v := range set.Row(r) {
				block[i*set.Dim+d] = float64(v) - means[c][d]/float64(count[c])
			}
		}
		x := mat.NewDense(len(part), set.Dim, block[:len(part)*set.Dim])
		out.SymRankK(out, 1/float64(degrees), x.T())
	}
	return out
}

// spannedBy returns the coordinates of a set's rows in an orthonormal basis [In, rows] of what they span beyond their
// mean: few vectors in many dimensions cost no more than few dimensions. Nothing is lost, as they do not vary in the
// other directions. Rows that are not named stay 0.
func spannedBy(set *vectors.Set, rows []int) (*vectors.Set, *mat.Dense, error) {
	mean := meanOf(set, rows)
	centred := mat.NewDense(len(rows), set.Dim, nil)
	for i, r := range rows {
		for d, v := range set.Row(r) {
			centred.Set(i, d, float64(v)-mean[d])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(centred.T(), mat.SVDThinU) {
		return nil, nil, errEigen
	}
	values := svd.Values(nil) // largest first
	span := 0
	for span < len(values) && values[span] > math.Sqrt(spanned)*values[0] {
		span++ // the rest are directions of rounding: any that the rows do not span
	}
	if span == 0 {
		return nil, nil, errSame
	}
	var all mat.Dense
	svd.UTo(&all)
	basis := mat.DenseCopyOf(all.Slice(0, set.Dim, 0, span))
	out := &vectors.Set{IDs: set.IDs, Dim: span, Data: make([]float32, set.Len()*span)}
	var coordinates mat.Dense
	coordinates.Mul(centred, basis)
	for i, r := range rows {
		for j, v := range coordinates.RawRowView(i) {
			out.Data[r*span+j] = float32(v)
		}
	}
	return out, basis, nil
}

// directions whitens by a scatter, after shrinkage towards a mean variance, and returns the directions [in, Dim] of the
// largest total variance in what that gives.
func directions(scatter, total *mat.SymDense, o Options, mean float64) (*mat.Dense, error) {
	n := scatter.SymmetricDim()
	if !(mean > 0) {
		return nil, errSame
	}
	shrunk := func(v float64) float64 { return (1-o.Shrinkage)*v + o.Shrinkage*mean }
	if scatter == total { // the directions are its own
		values, vectors, err := leading(total, o.Dim)
		if err != nil {
			return nil, err
		}
		vectors.Apply(func(_, j int, v float64) float64 {
			if values[j] <= spanned*values[0] {
				return 0 // rounding
			}
			return v / math.Sqrt(shrunk(values[j]))
		}, vectors)
		return vectors, nil
	}
	// Any square root of the shrunk scatter's inverse whitens, and what follows makes the same of each: Cholesky's is the
	// cheapest. The least that keeps it regular is added where nothing is shrunk.
	least := max(o.Shrinkage, spanned) * mean
	regular := mat.NewSymDense(n, nil)
	regular.ScaleSym(1-o.Shrinkage, scatter)
	for i := range n {
		regular.SetSym(i, i, regular.At(i, i)+least)
	}
	var root mat.Cholesky
	var lower, inverse mat.TriDense
	if !root.Factorize(regular) {
		return nil, errors.New("the variances within classes have no square root: more shrinkage is needed")
	}
	root.LTo(&lower)
	if err := inverse.InverseTri(&lower); err != nil {
		return nil, fmt.Errorf("the variances within classes have no inverse: %w; more shrinkage is needed", err)
	}
	var half, product, out mat.Dense
	full := mat.DenseCopyOf(&inverse) // matrices of this kind are multiplied by blocks
	half.Mul(full, total)
	product.Mul(&half, full.T())
	_, vectors, err := leading(symmetric(&product), o.Dim)
	if err != nil {
		return nil, err
	}
	out.Mul(full.T(), vectors)
	return &out, nil
}
