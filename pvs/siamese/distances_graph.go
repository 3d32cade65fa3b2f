package siamese

import . "github.com/gomlx/gomlx/core/graph"

// Distances returns all distances between embeddings [batch, dim], [batch, batch], as
// tensorflow_addons/losses/metric_learning.py computes them.
func Distances(embeddings *Node, metric Metric) *Node {
	batch := embeddings.Shape().Dim(0)
	products := func(x *Node) *Node { return Einsum("id,jd->ij", x, x) }
	if metric == Angular {
		length := Sqrt(MaxScalar(ReduceSum(Square(embeddings), 1), 1e-12))
		unit := Div(embeddings, Reshape(length, batch, 1))
		return MaxScalar(OneMinus(products(unit)), 0.0)
	}
	squares := ReduceSum(Square(embeddings), 1)
	d := Sub(Add(Reshape(squares, batch, 1), Reshape(squares, 1, batch)), MulScalar(products(embeddings), 2))
	d = MaxScalar(d, 0.0)
	nonzero := LogicalAnd(GreaterThan(d, ZerosLike(d)), LogicalNot(Diagonal(embeddings.Graph(), batch)))
	if metric == L2 {
		// The square root's gradient at 0 is infinite: it is computed at 1 there and masked.
		d = Sqrt(Where(nonzero, d, OnesLike(d)))
	}
	return Where(nonzero, d, ZerosLike(d))
}
