package siamese

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Loss is the value of a triplet loss, and statistics in which a collapse of the
// embeddings would show. All are scalars of the embeddings' dtype.
type Loss struct {
	Value  *Node // mean over all pairs; 0 without any
	Pairs  *Node // pairs of an anchor and a positive that have a negative
	Active *Node // share of the pairs whose triplet has a cost above 0
	// MeanPositive and MeanNegative are the mean distances of the pairs and of their negatives.
	MeanPositive, MeanNegative *Node
}

// anchorsPerBlock is how many anchors a block has. A block compares all positives with
// all negatives of its anchors in anchors * batch * batch values, and each block is
// compiled separately: at a batch of 512, 8 blocks of 64 anchors compile in a third of
// the time of 32 blocks of 16, and a step takes the same.
func anchorsPerBlock(batch int) int {
	const values = 1 << 25 // 128 MiB
	return min(64, max(16, values/(batch*batch)))
}

// TripletLoss is triplet_semihard_loss of tensorflow_addons/losses/triplet.py (Schroff
// et al. 2015): for each pair of an anchor and a positive the nearest negative that is
// farther than the positive or, where there is none, the farthest negative; the cost
// max(0, margin + d(a, p) - d(a, n)) is averaged over all pairs.
//
// Embeddings are [batch, dim] of a float type, labels [batch] of an integer type. A
// batch without a pair or without a negative has the loss 0, where TensorFlow Addons
// divides by zero; embeddings that are NaN have the loss NaN. It panics on other shapes.
func TripletLoss(embeddings, labels *Node, metric Metric, margin float64) Loss {
	if embeddings.Rank() != 2 || labels.Rank() != 1 || labels.Shape().Dim(0) != embeddings.Shape().Dim(0) ||
		!labels.DType().IsInt() {
		exceptions.Panicf("a triplet loss takes embeddings [batch, dim] and integer labels [batch], not %s and %s",
			embeddings.Shape(), labels.Shape())
	}
	batch, dtype := embeddings.Shape().Dim(0), embeddings.DType()
	distances := Distances(embeddings, metric)
	fixed := StopGradient(distances) // negatives are chosen, not learned
	same := Equal(Reshape(labels, batch, 1), Reshape(labels, 1, batch))
	negative := LogicalNot(same)
	positive := LogicalAnd(same, LogicalNot(Diagonal(embeddings.Graph(), batch)))
	positive = LogicalAnd(positive, BroadcastToDims(Reshape(LogicalAny(negative, 1), batch, 1), batch, batch))

	var gradients []*Node // of the blocks
	total := ScalarZero(embeddings.Graph(), dtype)
	active, near, far := total, total, total
	for from, n := 0, anchorsPerBlock(batch); from < batch; from += n {
		rows := AxisRange(from, min(batch, from+n))
		b := chooseNegatives(Slice(fixed, rows), Slice(positive, rows), Slice(negative, rows), margin)
		gradients = append(gradients, b.gradient)
		total, active = Add(total, b.cost), Add(active, b.active)
		near, far = Add(near, b.positive), Add(far, b.negative)
	}
	pairs := ReduceAllSum(ConvertDType(positive, dtype))
	count := MaxScalar(pairs, 1.0)
	// The surrogate adds 0 to the value, and has the gradient of the costs with respect to the distances.
	surrogate := Div(ReduceAllSum(Mul(Concatenate(gradients, 0), distances)), count)
	value := Add(Div(total, count), Sub(surrogate, StopGradient(surrogate)))
	// Comparisons with NaN are false, so the choice of negatives would pass over such a distance.
	value = Add(value, StopGradient(MulScalar(ReduceAllSum(embeddings), 0.0)))
	return Loss{Value: value, Pairs: pairs, Active: Div(active, count),
		MeanPositive: Div(near, count), MeanNegative: Div(far, count)}
}

// block is the part of the loss of some consecutive anchors.
type block struct {
	gradient                         *Node // of the sum of costs with respect to the distances, [n, batch]
	cost, active, positive, negative *Node // sums over the block's pairs
}

// chooseNegatives computes a block from its anchors' rows of the distances and of the
// masks of positives and negatives, all [n, batch].
func chooseNegatives(rows, positive, negative *Node, margin float64) block {
	g, dtype := rows.Graph(), rows.DType()
	n, batch := rows.Shape().Dim(0), rows.Shape().Dim(1)
	inf := Infinity(g, dtype, 1)
	toPositive, toNegative := Reshape(rows, n, batch, 1), Reshape(rows, n, 1, batch)
	// [anchor, positive, negative]: farther than the positive, and a negative.
	cube := func(x *Node) *Node { return BroadcastToDims(x, n, batch, batch) }
	outside := LogicalAnd(cube(Reshape(negative, n, 1, batch)), GreaterThan(cube(toNegative), cube(toPositive)))
	candidates := Where(outside, cube(toNegative), inf)
	nearest, any := ReduceMin(candidates, 2), LogicalAny(outside, 2)
	farthest := Where(negative, rows, Neg(inf))
	spread := func(x *Node) *Node { return BroadcastToDims(Reshape(x, n, 1), n, batch) }
	chosen := Where(any, ArgMin(candidates, 2, dtypes.Int32), spread(ArgMax(farthest, 1, dtypes.Int32)))
	distance := Where(any, nearest, spread(ReduceMax(farthest, 1)))

	zero := ZerosLike(rows)
	cost := Where(positive, MaxScalar(AddScalar(Sub(rows, distance), margin), 0.0), zero)
	active := ConvertDType(GreaterThan(cost, zero), dtype)
	columns := Reshape(Iota(g, chosen.Shape(), 1), n, 1, batch)
	oneHot := ConvertDType(Equal(cube(Reshape(chosen, n, batch, 1)), cube(columns)), dtype)
	pull := active                                                        // each positive's distance adds to the cost
	push := ReduceSum(Mul(cube(Reshape(active, n, batch, 1)), oneHot), 1) // each chosen negative's is subtracted
	return block{
		gradient: StopGradient(Sub(pull, push)),
		cost:     ReduceAllSum(cost),
		active:   ReduceAllSum(active),
		positive: ReduceAllSum(Where(positive, rows, zero)),
		negative: ReduceAllSum(Where(positive, distance, zero)),
	}
}
