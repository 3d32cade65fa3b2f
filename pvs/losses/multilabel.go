package losses

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// MultiLabelKind is how [MultiLabel] makes a cost of a row's several labels.
type MultiLabelKind int

// The kinds. Notation: z are a row's logits, k its labels.
const (
	// MultiSoftmax is the cross-entropy of a softmax with a target of 1/k for each label (Mahajan et
	// al. 2018, section 2), as labels of a row compete: good where labels are many and incomplete.
	MultiSoftmax MultiLabelKind = iota
	// MultiBCE is the binary cross-entropy of each class, summed over the classes.
	MultiBCE
)

var multiLabelNames = []string{"softmax", "BCE"}

// String is the kind's short name.
func (k MultiLabelKind) String() string {
	if k < 0 || int(k) >= len(multiLabelNames) {
		return fmt.Sprintf("MultiLabelKind(%d)", int(k))
	}
	return multiLabelNames[k]
}

// MultiLabelOptions are a [MultiLabel]'s.
type MultiLabelOptions struct {
	Kind    MultiLabelKind
	Classes int // required: how many different labels there are
	// Scale multiplies cosines to logits. 0: 20, as for [NormFace].
	Scale float64
	// Offset is added to the logits of MultiBCE, so that most of the many classes start as improbable
	// (SigLIP: Zhai et al. 2023, section 3, which learns it from -10). 0: -10, where a cosine of 0.5 with the
	// default scale is a probability of 0.5. A softmax does not change with it.
	Offset float64
}

// MultiLabel is for rows with several labels, such as the words of a photo's title: [batch, labels], filled
// up with -1; a label that stands twice counts once. Logits are scaled cosines with the class weights. It is
// averaged over the rows with a label. PyTorch's BCEWithLogitsLoss averages over classes, too:
// divide by Classes to compare. A label beyond the classes makes it NaN.
type MultiLabel struct{ opts MultiLabelOptions }

// NewMultiLabel checks the options and fills in what they leave out.
func NewMultiLabel(o MultiLabelOptions) (*MultiLabel, error) {
	if o.Kind < MultiSoftmax || o.Kind > MultiBCE {
		return nil, fmt.Errorf("no loss of several labels is called %s: take MultiSoftmax or MultiBCE", o.Kind)
	}
	if o.Scale == 0 {
		o.Scale = 20
	}
	if o.Offset == 0 && o.Kind == MultiBCE {
		o.Offset = -10
	}
	switch {
	case o.Classes < 1:
		return nil, fmt.Errorf("a loss of several labels takes at least one class, not %d", o.Classes)
	case !(o.Scale > 0) || math.IsInf(o.Scale, 0):
		return nil, fmt.Errorf("a scale of %g is not a number above 0", o.Scale)
	case math.IsNaN(o.Offset) || math.IsInf(o.Offset, 0):
		return nil, fmt.Errorf("an offset of %g is not a number", o.Offset)
	}
	return &MultiLabel{o}, nil
}

// Options are the options with all defaults filled in.
func (l *MultiLabel) Options() MultiLabelOptions { return l.opts }

// ClassWeights is [Classes, 1, dim].
func (l *MultiLabel) ClassWeights(dim int) []int { return []int{l.opts.Classes, 1, dim} }

// SumsOverRows is true.
func (l *MultiLabel) SumsOverRows() bool { return true }

// Graph builds the loss; see [Loss]. The labels are [batch, labels].
func (l *MultiLabel) Graph(in Input) Output {
	o, name := l.opts, "a loss of several labels"
	embeddings, labels := prepare(name, in, 2)
	cosines := classCosines(embeddings, classWeights(name, in, embeddings, o.Classes, 1))
	logits := graph.MulScalar(cosines, o.Scale)
	targets := targets(labels, logits)
	labelled := count(graph.GreaterThan(targets, graph.ZerosLike(targets)), logits.DType(), 1)

	var costs *graph.Node // [batch]
	if o.Kind == MultiSoftmax {
		share := graph.Div(targets, graph.InsertAxes(graph.MaxScalar(labelled, 1.0), -1))
		costs = graph.Neg(graph.ReduceSum(graph.Mul(share, graph.LogSoftmax(logits, -1)), 1))
	} else {
		logits = graph.AddScalar(logits, o.Offset)
		// -t log(sigmoid(z)) - (1 - t) log(1 - sigmoid(z)) = log(1 + exp(z)) - t z
		costs = graph.ReduceSum(graph.Sub(softplus(logits), graph.Mul(targets, logits)), 1)
	}
	out := output(embeddings, costs, graph.GreaterThan(labelled, graph.ZerosLike(labelled)))
	out.Sum = refuse(out.Sum, labels, o.Classes)
	return out
}

// targets has 1 at the labels [batch, n] of each row, else 0, in the shape [batch, classes] of logits.
func targets(labels, logits *graph.Node) *graph.Node {
	sum := graph.ZerosLike(logits)
	for i := range labels.Shape().Dim(1) {
		label := graph.Reshape(graph.Slice(labels, graph.AxisRange(), graph.AxisElem(i)), -1)
		sum = graph.Add(sum, graph.OneHot(label, logits.Shape().Dim(1), logits.DType()))
	}
	return graph.StopGradient(graph.MinScalar(sum, 1.0))
}
