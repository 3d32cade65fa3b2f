package losses

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// BatchHardOptions are a [BatchHard]'s.
type BatchHardOptions struct {
	// Margin is how much farther the negative should be, in Euclidean distance. 0: 0.2, one of
	// the paper's hard margins.
	Margin float64
	// Soft takes log(1 + exp(x)) in place of max(0, margin + x), which has no margin and never stops
	// pulling (section 2); the paper found it best.
	Soft bool
	// Unit normalises embeddings to length 1 first, so that distances say what cosines say; the
	// paper does not.
	Unit bool
}

// BatchHard is the triplet loss L_BH (Hermans et al. 2017, "In Defense of the Triplet Loss", eq. 5): for each
// anchor its farthest positive and its nearest negative, by Euclidean distance. It is averaged over
// the anchors that have both.
// pytorch-metric-learning (BatchHardMiner with TripletMarginLoss) averages over those that cost
// something ([Output.MeanOfActive]), and with length 1 unless told otherwise.
type BatchHard struct{ opts BatchHardOptions }

// NewBatchHard checks the options and fills in what they leave out.
func NewBatchHard(o BatchHardOptions) (*BatchHard, error) {
	if o.Soft && o.Margin != 0 {
		return nil, fmt.Errorf("a soft margin has no size, but %g is given: leave out one of them", o.Margin)
	}
	if o.Margin == 0 && !o.Soft {
		o.Margin = 0.2
	}
	if !(o.Margin >= 0) || math.IsInf(o.Margin, 0) {
		return nil, fmt.Errorf("a margin of %g is not a number above 0", o.Margin)
	}
	return &BatchHard{o}, nil
}

// Options are the options with all defaults filled in.
func (l *BatchHard) Options() BatchHardOptions { return l.opts }

// ClassWeights is nil.
func (l *BatchHard) ClassWeights(int) []int { return nil }

// SumsOverRows is false: rows are compared with each other.
func (l *BatchHard) SumsOverRows() bool { return false }

// Graph builds the loss; see [Loss].
func (l *BatchHard) Graph(in Input) Output {
	p := newPairs("the batch-hard triplet loss", in)
	x, y := p.anchors, p.columns
	if l.opts.Unit {
		x, y = unit(x), unit(y)
	}
	d := distances(x, y)
	never := graph.Scalar(d.Graph(), d.DType(), -1e30)
	farthest := first(graph.Where(p.positive, d, never))
	nearest := first(graph.Where(p.negative, graph.Neg(d), never))
	excess := graph.Sub(graph.ReduceSum(graph.Mul(d, farthest), 1), graph.ReduceSum(graph.Mul(d, nearest), 1))
	costs := softplus(excess)
	if !l.opts.Soft {
		costs = graph.MaxScalar(graph.AddScalar(excess, l.opts.Margin), 0.0)
	}
	return output(p.anchors, costs, graph.LogicalAnd(graph.LogicalAny(p.positive, 1), graph.LogicalAny(p.negative, 1)))
}

// distances are the Euclidean ones of rows [n, dim] and [m, dim], [n, m]; equal rows have the gradient 0.
func distances(x, y *graph.Node) *graph.Node {
	n, m := x.Shape().Dim(0), y.Shape().Dim(0)
	squares := func(x *graph.Node) *graph.Node { return graph.ReduceSum(graph.Square(x), 1) }
	sum := graph.Add(graph.Reshape(squares(x), n, 1), graph.Reshape(squares(y), 1, m))
	d := graph.Sub(sum, graph.MulScalar(products(x, y), 2))
	differ := graph.GreaterThan(d, graph.ScalarZero(d.Graph(), d.DType()))
	// The root's derivative at 0 is infinite: it is taken of 1 there and masked.
	d = graph.Sqrt(graph.Where(differ, d, graph.ScalarOne(d.Graph(), d.DType())))
	return graph.Where(differ, d, graph.ScalarZero(d.Graph(), d.DType()))
}
