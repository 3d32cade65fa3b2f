package losses

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// SupConOptions are a [SupCon]'s. The zero value is the paper's.
type SupConOptions struct {
	// Temperature divides the cosines. 0: 0.1 (Khosla et al. 2020, section 4).
	Temperature float64
}

// SupCon is the supervised contrastive loss L_out (Khosla et al. 2020, eq. 2): for each anchor the
// cross-entropy of a softmax over its cosines with all other rows, averaged over its positives. It is averaged over
// the anchors that have a positive; the others cost nothing, but are compared with.
//
// pytorch-metric-learning's SupConLoss averages over anchors whose cost is above 0
// ([Output.MeanOfActive]), which is the same but where a cost is exactly 0. The authors' program also multiplies by
// the temperature over a base temperature, which scales gradients only.
type SupCon struct{ opts SupConOptions }

// NewSupCon checks the options and fills in what they leave out.
func NewSupCon(o SupConOptions) (*SupCon, error) {
	if o.Temperature == 0 {
		o.Temperature = 0.1
	}
	if !(o.Temperature > 0) || math.IsInf(o.Temperature, 0) {
		return nil, fmt.Errorf("a temperature of %g is not a number above 0", o.Temperature)
	}
	return &SupCon{o}, nil
}

// Options are the options with all defaults filled in.
func (s *SupCon) Options() SupConOptions { return s.opts }

// ClassWeights is nil.
func (s *SupCon) ClassWeights(int) []int { return nil }

// SumsOverRows is false: rows are compared with each other.
func (s *SupCon) SumsOverRows() bool { return false }

// Graph builds the loss; see [Loss].
func (s *SupCon) Graph(in Input) Output {
	p := newPairs("the supervised contrastive loss", in)
	logits := graph.MulScalar(p.cosines(), 1/s.opts.Temperature)
	all := logSumExp(logits, graph.LogicalOr(p.positive, p.negative), false)
	positives := count(p.positive, logits.DType(), 1)
	sum := graph.ReduceSum(graph.Where(p.positive, logits, graph.ScalarZero(logits.Graph(), logits.DType())), 1)
	costs := graph.Sub(all, graph.Div(sum, graph.MaxScalar(positives, 1.0)))
	return output(p.anchors, costs, graph.LogicalAny(p.positive, 1))
}
