package losses

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// ProxyAnchorOptions are a [ProxyAnchor]'s. The zero value but for Classes is the paper's.
type ProxyAnchorOptions struct {
	Classes int // required
	// Alpha weighs rows: the larger, the more only the hardest count. 0: 32 (Kim et al. 2020, section 4).
	Alpha float64
	// Margin is the delta of positives above and negatives below a cosine of 0. 0: 0.1.
	Margin float64
}

// ProxyAnchor is the Proxy-Anchor loss (Kim et al. 2020, eq. 4): each class weight, a proxy, is compared with all
// rows of the batch. Costs of positives are averaged over the classes in the batch, those of negatives
// over all classes, so the sum is the loss itself and the count 1, or 0 without labelled rows
// (pytorch-metric-learning: DivisorReducer, the same). A label beyond the classes makes it NaN.
type ProxyAnchor struct{ opts ProxyAnchorOptions }

// NewProxyAnchor checks the options and fills in what they leave out.
func NewProxyAnchor(o ProxyAnchorOptions) (*ProxyAnchor, error) {
	if o.Alpha == 0 {
		o.Alpha = 32
	}
	if o.Margin == 0 {
		o.Margin = 0.1
	}
	switch {
	case o.Classes < 1:
		return nil, fmt.Errorf("the Proxy-Anchor loss takes at least one class, not %d", o.Classes)
	case !(o.Alpha > 0) || math.IsInf(o.Alpha, 0):
		return nil, fmt.Errorf("an alpha of %g is not a number above 0", o.Alpha)
	case !(o.Margin > 0 && o.Margin <= 1):
		return nil, fmt.Errorf("a margin of %g is not in 0 to 1", o.Margin)
	}
	return &ProxyAnchor{o}, nil
}

// Options are the options with all defaults filled in.
func (l *ProxyAnchor) Options() ProxyAnchorOptions { return l.opts }

// ClassWeights is [Classes, 1, dim].
func (l *ProxyAnchor) ClassWeights(dim int) []int { return []int{l.opts.Classes, 1, dim} }

// SumsOverRows is false: a logarithm of sums over rows is no sum over rows.
func (l *ProxyAnchor) SumsOverRows() bool { return false }

// Graph builds the loss; see [Loss].
func (l *ProxyAnchor) Graph(in Input) Output {
	o, name := l.opts, "the Proxy-Anchor loss"
	embeddings, labels := prepare(name, in, 1)
	batch := embeddings.Shape().Dim(0)
	weights := classWeights(name, in, embeddings, o.Classes, 1)
	cosines := products(unit(graph.Reshape(weights, o.Classes, -1)), unit(embeddings)) // [classes, batch]
	dtype := cosines.DType()

	row := func(x *graph.Node) *graph.Node {
		return graph.BroadcastToDims(graph.Reshape(x, 1, batch), o.Classes, batch)
	}
	labelled := graph.GreaterOrEqual(labels, graph.ZerosLike(labels))
	positive := graph.Equal(row(labels), graph.Iota(embeddings.Graph(), row(labels).Shape(), 0))
	negative := graph.LogicalAnd(row(labelled), graph.LogicalNot(positive))

	pull := logSumExp(graph.MulScalar(graph.AddScalar(cosines, -o.Margin), -o.Alpha), positive, true)
	push := logSumExp(graph.MulScalar(graph.AddScalar(cosines, o.Margin), o.Alpha), negative, true)
	present := graph.MaxScalar(count(graph.LogicalAny(positive, 1), dtype), 1.0)
	cost := graph.Div(graph.ReduceAllSum(pull), present)
	cost = graph.Add(cost, graph.MulScalar(graph.ReduceAllSum(push), 1/float64(o.Classes)))
	out := output(embeddings, cost, graph.LogicalAny(labelled))
	out.Sum = refuse(out.Sum, labels, o.Classes)
	return out
}
