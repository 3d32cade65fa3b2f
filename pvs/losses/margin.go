package losses

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// MarginKind is how [Margin] makes a row's own class harder to reach.
type MarginKind int

// The kinds of margin. Notation: c is the cosine of an embedding and its class, m the margin.
const (
	ArcFace  MarginKind = iota // cos(arccos(c) + m), an additive angular margin: Deng et al. 2019, eq. 3
	CosFace                    // c - m, an additive cosine margin: Wang et al. 2018, eq. 4
	NormFace                   // c, no margin: Wang et al. 2017, section 3; Zhai & Wu 2019
)

var marginNames = []string{"ArcFace", "CosFace", "NormFace"}

// String is the name in the literature.
func (k MarginKind) String() string {
	if k < 0 || int(k) >= len(marginNames) {
		return fmt.Sprintf("MarginKind(%d)", int(k))
	}
	return marginNames[k]
}

// MarginOptions are a [Margin]'s. The zero value but for Classes is ArcFace as published.
type MarginOptions struct {
	Kind    MarginKind
	Classes int // how many classes there are; required
	// SubCentres is how many vectors a class has, of which the nearest one counts, so that wrongly
	// labelled photos can have one of their own (sub-centre ArcFace: Deng et al. 2020, section 3; it takes 3). 0: 1.
	SubCentres int
	// Margin is an angle in radians for ArcFace (0: 0.5) and a cosine for CosFace (0: 0.35).
	// NormFace has none.
	Margin float64
	// Scale multiplies the cosines before the softmax. 0: 64, and 20 for NormFace, the inverse of Zhai &
	// Wu's temperature of 0.05.
	Scale float64
	// LabelSmoothing is the share of the target distribution that is spread evenly over all classes
	// (Szegedy et al. 2016, section 7), as PyTorch's CrossEntropyLoss(label_smoothing) does.
	LabelSmoothing float64
}

// Margin is the cross-entropy of a softmax over the scaled cosines of embeddings and class weights,
// averaged over the labelled rows (pytorch-metric-learning: MeanReducer; its margin of ArcFace is in degrees).
// A label beyond the classes makes it NaN.
type Margin struct{ opts MarginOptions }

// NewMargin checks the options and fills in what they leave out.
func NewMargin(o MarginOptions) (*Margin, error) {
	if o.Kind < ArcFace || o.Kind > NormFace {
		return nil, fmt.Errorf("no margin is called %s: take ArcFace, CosFace or NormFace", o.Kind)
	}
	if o.SubCentres == 0 {
		o.SubCentres = 1
	}
	if o.Margin == 0 {
		o.Margin = map[MarginKind]float64{ArcFace: 0.5, CosFace: 0.35}[o.Kind]
	}
	if o.Scale == 0 {
		o.Scale = map[MarginKind]float64{ArcFace: 64, CosFace: 64, NormFace: 20}[o.Kind]
	}
	largest := map[MarginKind]float64{ArcFace: math.Pi / 2, CosFace: 1}[o.Kind]
	switch {
	case o.Classes < 1 || o.SubCentres < 1:
		return nil, fmt.Errorf("%s takes at least one class and one sub-centre, not %d and %d",
			o.Kind, o.Classes, o.SubCentres)
	case !(o.Margin >= 0 && o.Margin <= largest):
		return nil, fmt.Errorf("a margin of %g is not in 0 to %.4g, the range of %s", o.Margin, largest, o.Kind)
	case !(o.Scale > 0) || math.IsInf(o.Scale, 0):
		return nil, fmt.Errorf("a scale of %g is not a number above 0", o.Scale)
	case !(o.LabelSmoothing >= 0 && o.LabelSmoothing < 1):
		return nil, fmt.Errorf("a label smoothing of %g is not in 0 to 1", o.LabelSmoothing)
	}
	return &Margin{o}, nil
}

// Options are the options with all defaults filled in.
func (m *Margin) Options() MarginOptions { return m.opts }

// ClassWeights is [Classes, SubCentres, dim].
func (m *Margin) ClassWeights(dim int) []int { return []int{m.opts.Classes, m.opts.SubCentres, dim} }

// SumsOverRows is true.
func (m *Margin) SumsOverRows() bool { return true }

// Cosines compares embeddings [batch, dim] with class weights [classes, sub-centres, dim], without
// margin or scale: [batch, classes]. The largest is the class that the network predicts.
func (m *Margin) Cosines(embeddings, weights *graph.Node) *graph.Node {
	e := widen(embeddings)
	w := classWeights(m.opts.Kind.String(), Input{ClassWeights: weights}, e, m.opts.Classes, m.opts.SubCentres)
	return classCosines(e, w)
}

// Graph builds the loss; see [Loss].
func (m *Margin) Graph(in Input) Output {
	o := m.opts
	embeddings, labels := prepare(o.Kind.String(), in, 1)
	cosines := m.Cosines(embeddings, in.ClassWeights)
	own := graph.OneHot(labels, o.Classes, cosines.DType()) // no 1 in an unlabelled row
	cosine := graph.ReduceSum(graph.Mul(own, cosines), 1)   // [batch], with the row's own class
	lowered := graph.InsertAxes(graph.Sub(m.harder(cosine), cosine), -1)
	logits := graph.MulScalar(graph.Add(cosines, graph.Mul(own, lowered)), o.Scale)
	logProbabilities := graph.LogSoftmax(logits, -1)
	target := graph.AddScalar(graph.MulScalar(own, 1-o.LabelSmoothing), o.LabelSmoothing/float64(o.Classes))
	costs := graph.Neg(graph.ReduceSum(graph.Mul(target, logProbabilities), 1))
	labelled := graph.GreaterOrEqual(labels, graph.ZerosLike(labels))
	out := output(embeddings, costs, labelled)
	out.Sum = refuse(out.Sum, labels, o.Classes)
	return out
}

// harder lowers the cosines [batch] of rows and their own classes by the margin.
func (m *Margin) harder(cosine *graph.Node) *graph.Node {
	margin := m.opts.Margin
	switch m.opts.Kind {
	case CosFace:
		return graph.AddScalar(cosine, -margin)
	case NormFace:
		return cosine
	}
	// cos(a + m) = cos a cos m - sin a sin m. The root stays above 0, where its derivative is infinite.
	sine := graph.Sqrt(graph.MaxScalar(graph.OneMinus(graph.Square(cosine)), 1e-7))
	turned := graph.Sub(graph.MulScalar(cosine, math.Cos(margin)), graph.MulScalar(sine, math.Sin(margin)))
	// Beyond pi - m the cosine of the sum would rise again: there a cosine margin goes on falling,
	// c - m sin(m), as in the authors' program (insightface; easy_margin is false).
	fallback := graph.AddScalar(cosine, -margin*math.Sin(margin))
	beyond := graph.Scalar(cosine.Graph(), cosine.DType(), math.Cos(math.Pi-margin))
	return graph.Where(graph.GreaterThan(cosine, beyond), turned, fallback)
}
