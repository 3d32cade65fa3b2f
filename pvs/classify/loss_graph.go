package classify

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Loss is the sparse categorical cross-entropy of the softmax, averaged over the rows
// that count. Logits are [batch, classes], labels [batch] of an integer type, weights
// as in [Options].
func Loss(logits, labels, weights *Node) *Node {
	logProbabilities := LogSoftmax(logits, -1)
	oneHot := OneHot(labels, logits.Shape().Dim(1), logits.DType())
	perRow := Neg(ReduceSum(Mul(oneHot, logProbabilities), 1))
	w := weightsOr(weights, logits)
	return Div(ReduceAllSum(Mul(perRow, w)), ReduceAllSum(w))
}

// Correct counts the rows whose most probable class is their label.
func Correct(logits, labels, weights *Node) *Node {
	best := ArgMax(logits, 1, dtypes.Int32)
	right := ConvertDType(Equal(best, ConvertDType(labels, dtypes.Int32)), logits.DType())
	return ReduceAllSum(Mul(right, weightsOr(weights, logits)))
}
