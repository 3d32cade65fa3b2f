package losses

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// MultiSimilarityOptions are a [MultiSimilarity]'s.
type MultiSimilarityOptions struct {
	// Alpha and Beta weigh positives and negatives: the larger, the more only the hardest count. 0: 2 and 50.
	Alpha, Beta float64
	// Lambda is the cosine above which positives and below which negatives cost little. 0: 0.5, as in the
	// authors' program and pytorch-metric-learning; the paper's text says 1.
	Lambda float64
	// Epsilon is the tolerance of mining. 0: 0.1.
	Epsilon float64
	// NoMining takes all pairs.
	NoMining bool
}

// MultiSimilarity is the multi-similarity loss (Wang et al. 2019, section 4) on the pairs that its mining
// chooses: negatives that are more similar than the least similar positive less epsilon,
// and positives that are less similar than the most similar negative plus epsilon.
// It is averaged over all labelled rows (pytorch-metric-learning: MeanReducer, which counts rows
// without pairs too). A row without positives has no mined negatives, one without negatives no mined positives.
type MultiSimilarity struct{ opts MultiSimilarityOptions }

// NewMultiSimilarity checks the options and fills in what they leave out.
func NewMultiSimilarity(o MultiSimilarityOptions) (*MultiSimilarity, error) {
	for _, x := range []struct {
		name  string
		value *float64
		or    float64
	}{
		{"an alpha", &o.Alpha, 2}, {"a beta", &o.Beta, 50}, {"a lambda", &o.Lambda, 0.5}, {"an epsilon", &o.Epsilon, 0.1},
	} {
		if *x.value == 0 {
			*x.value = x.or
		}
		if !(*x.value > 0) || math.IsInf(*x.value, 0) {
			return nil, fmt.Errorf("the multi-similarity loss has %s of %g, which is not a number above 0", x.name, *x.value)
		}
	}
	return &MultiSimilarity{o}, nil
}

// Options are the options with all defaults filled in.
func (l *MultiSimilarity) Options() MultiSimilarityOptions { return l.opts }

// ClassWeights is nil.
func (l *MultiSimilarity) ClassWeights(int) []int { return nil }

// SumsOverRows is false: rows are compared with each other.
func (l *MultiSimilarity) SumsOverRows() bool { return false }

// Graph builds the loss; see [Loss].
func (l *MultiSimilarity) Graph(in Input) Output {
	o := l.opts
	p := newPairs("the multi-similarity loss", in)
	cosines := p.cosines()
	positive, negative := p.positive, p.negative
	if !o.NoMining {
		positive, negative = mine(graph.StopGradient(cosines), positive, negative, o.Epsilon)
	}
	shifted := graph.AddScalar(cosines, -o.Lambda)
	pull := logSumExp(graph.MulScalar(shifted, -o.Alpha), positive, true)
	push := logSumExp(graph.MulScalar(shifted, o.Beta), negative, true)
	costs := graph.Add(graph.MulScalar(pull, 1/o.Alpha), graph.MulScalar(push, 1/o.Beta))
	return output(p.anchors, costs, p.labelled)
}

// mine chooses pairs by their cosines [n, m].
func mine(cosines, positive, negative *graph.Node, epsilon float64) (positives, negatives *graph.Node) {
	far := graph.Scalar(cosines.Graph(), cosines.DType(), 1e30)
	least := graph.ReduceAndKeep(graph.Where(positive, cosines, far), graph.ReduceMin, 1)
	most := graph.ReduceAndKeep(graph.Where(negative, cosines, graph.Neg(far)), graph.ReduceMax, 1)
	positives = graph.LogicalAnd(positive, graph.LessThan(cosines, graph.AddScalar(most, epsilon)))
	negatives = graph.LogicalAnd(negative, graph.GreaterThan(cosines, graph.AddScalar(least, -epsilon)))
	return positives, negatives
}
