package fit

import (
	"context"
	"math"

	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// imprint starts the head from what the features of the untrained network say: the projection is learned whitening, and
// a class's weights are the mean of its photos behind it (weight imprinting: Qi, Brown & Lowe 2018, "Low-shot learning
// with imprinted weights").
func (t *training) imprint(ctx context.Context) error {
	s, err := t.samples(ctx, t.network.Values)
	if err != nil {
		return err
	}
	dim, values := t.recipe.Dim, t.session.values
	d, err := whiten.LearnDense(s.features, s.classes, whiten.Options{Dim: dim, Shrinkage: shrinkage, Rows: mostSamples})
	if err != nil {
		return err
	}
	// The BatchNorm undoes the length of the projection's columns, and its factors bring it back. The mean variance becomes
	// 1, about what a random projection gives, for which the learning rates are.
	variance, classes := s.behind(d, t.classes)
	mean := 0.0
	for _, v := range variance {
		mean += v / float64(dim)
	}
	for i, v := range d.Kernel {
		values[headKernel][i] = v / float32(math.Sqrt(mean))
	}
	for j, v := range variance {
		values[headGamma][j] = float32(math.Sqrt(v / mean))
		values[headMean][j] = -d.Bias[j] / float32(math.Sqrt(mean))
		values[headVar][j] = float32(v / mean)
	}
	if shape := t.session.head.classWeights(); shape != nil {
		imprinted(values[headClasses], classes, shape[1], dim)
	}
	return t.session.startAverage()
}

// behind returns the variances [out] of samples behind a whitening, and the classes' mean directions [classes, out].
func (s *samples) behind(d *whiten.Dense, classes int) (variance, means []float64) {
	variance, means = make([]float64, d.Out), make([]float64, classes*d.Out)
	row := make([]float64, d.Out)
	for i, class := range s.classes {
		for j := range row {
			row[j] = float64(d.Bias[j])
		}
		for k, v := range s.features.Row(i) {
			for j, w := range d.Kernel[k*d.Out : (k+1)*d.Out] {
				row[j] += float64(v) * float64(w)
			}
		}
		length := norm(row)
		for j, v := range row {
			variance[j] += v * v / float64(len(s.classes))
			if int(class) < classes && length > 0 { // others are photos without a label
				means[int(class)*d.Out+j] += v / length
			}
		}
	}
	return variance, means
}

// imprinted sets class weights [classes, centres, dim] to directions [classes, dim]; several centres of a class stay a
// little apart.
func imprinted(weights []float32, directions []float64, centres, dim int) {
	for class := range len(directions) / dim {
		mean := directions[class*dim : (class+1)*dim]
		length := norm(mean)
		if length == 0 {
			continue
		}
		for c := range centres {
			to := weights[(class*centres+c)*dim:][:dim]
			for j, v := range mean {
				apart := float32(0)
				if centres > 1 {
					apart = 0.1 * to[j]
				}
				to[j] = float32(v/length) + apart
			}
		}
	}
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}
