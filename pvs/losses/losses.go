package losses

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
)

// Loss is one of the losses of this package, with its options checked.
type Loss interface {
	// Graph builds the loss. By GoMLX's convention it panics on inputs of wrong shapes or types.
	Graph(in Input) Output
	// ClassWeights returns the shape [classes, sub-centres, dim] of the class weights that train with
	// a network of embeddings [batch, dim], or nil where the loss has none.
	ClassWeights(dim int) []int
	// SumsOverRows tells whether a batch's sum and count are those of its parts added up, so that
	// micro-batches can be computed one after the other. Losses of pairs need all rows at once: compute
	// them on the whole batch's embeddings, and then the backbone's gradient micro-batch by micro-batch.
	SumsOverRows() bool
}

// Input is what a loss sees of a training step.
type Input struct {
	// Embeddings are [batch, dim] of a float type.
	Embeddings *graph.Node
	// Labels are the rows' classes, [batch] of an integer type; below 0: unlabelled.
	// For [MultiLabel] they are [batch, labels], padded with -1.
	Labels *graph.Node
	// ClassWeights are [classes, sub-centres, dim], as [Loss.ClassWeights] says; nil where that is nil.
	ClassWeights *graph.Node
	// Memory are embeddings of earlier batches, for losses of pairs; the zero value is none.
	Memory Memory
}

// Output is the value of a loss; all are scalars of the embeddings' type, float32 at least.
type Output struct {
	Sum    *graph.Node // of the costs
	Count  *graph.Node // how many costs (mostly rows) are in the sum
	Active *graph.Node // how many of them are above 0
}

// Mean is Sum / Count, what is minimised; 0 where the count is.
func (o Output) Mean() *graph.Node { return graph.Div(o.Sum, graph.MaxScalar(o.Count, 1.0)) }

// MeanOfActive averages over the costs above 0 only, as pytorch-metric-learning's AvgNonZeroReducer
// does by default for its triplet and supervised contrastive losses.
func (o Output) MeanOfActive() *graph.Node { return graph.Div(o.Sum, graph.MaxScalar(o.Active, 1.0)) }

// InitialClassWeights are normally distributed with vectors of about unit length, [classes, sub-centres,
// dim], row by row. Only a vector's direction matters to the losses, but its length to how far a step of
// the optimizer turns it.
func InitialClassWeights(shape []int, seed uint64) []float32 {
	size := 1
	for _, n := range shape {
		size *= n
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	out := make([]float32, size)
	deviation := 1 / math.Sqrt(float64(shape[len(shape)-1]))
	for i := range out {
		out[i] = float32(deviation * rng.NormFloat64())
	}
	return out
}
