package losses

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// widen converts what is narrower than float32, in which sums and exponentials would lose too much.
func widen(x *graph.Node) *graph.Node {
	if x.DType() == dtypes.BFloat16 || x.DType() == dtypes.Float16 {
		return graph.ConvertDType(x, dtypes.Float32)
	}
	return x
}

// prepare checks the shapes that all losses have in common and widens the embeddings.
func prepare(name string, in Input, labelsRank int) (embeddings, labels *graph.Node) {
	e, l := in.Embeddings, in.Labels
	if e == nil || l == nil || e.Rank() != 2 || !e.DType().IsFloat() || l.Rank() != labelsRank || !l.DType().IsInt() ||
		l.Shape().Dim(0) != e.Shape().Dim(0) {
		exceptions.Panicf("%s takes float embeddings [batch, dim] and integer labels of rank %d with as many rows, "+
			"not %s and %s", name, labelsRank, shapeOf(e), shapeOf(l))
	}
	return widen(e), graph.ConvertDType(l, dtypes.Int32)
}

// classWeights checks the class weights and converts them to the embeddings' type.
func classWeights(name string, in Input, embeddings *graph.Node, classes, subCentres int) *graph.Node {
	w, dim := in.ClassWeights, embeddings.Shape().Dim(1)
	if w == nil || w.Rank() != 3 || w.Shape().Dim(0) != classes || w.Shape().Dim(1) != subCentres ||
		w.Shape().Dim(2) != dim {
		exceptions.Panicf("%s takes class weights [%d, %d, %d], not %s", name, classes, subCentres, dim, shapeOf(w))
	}
	return graph.ConvertDType(w, embeddings.DType())
}

func shapeOf(x *graph.Node) string {
	if x == nil {
		return "none"
	}
	return x.Shape().String()
}

// unit returns rows [n, dim] with length 1. A row of zeros, or shorter than 1e-6, stays as it is and
// has a finite gradient, where dividing by its length would have none.
func unit(x *graph.Node) *graph.Node {
	squares := graph.ReduceAndKeep(graph.Square(x), graph.ReduceSum, -1)
	one := graph.ScalarOne(x.Graph(), x.DType())
	short := graph.LessThan(squares, graph.Scalar(x.Graph(), x.DType(), 1e-12))
	return graph.Div(x, graph.Sqrt(graph.Where(short, one, squares)))
}

// products returns all inner products of rows [n, dim] and [m, dim], [n, m].
func products(x, y *graph.Node) *graph.Node { return graph.Einsum("id,jd->ij", x, y) }

// classCosines compares embeddings [batch, dim] with class weights [classes, sub-centres, dim]: the
// cosine with the nearest sub-centre, [batch, classes].
func classCosines(embeddings, weights *graph.Node) *graph.Node {
	batch, dims := embeddings.Shape().Dim(0), weights.Shape().Dimensions
	flat := graph.Reshape(weights, dims[0]*dims[1], dims[2])
	cosines := products(unit(embeddings), unit(flat))
	if dims[1] == 1 {
		return cosines
	}
	return largest(graph.Reshape(cosines, batch, dims[0], dims[1]))
}

// largest is the maximum over the last axis. Its gradient goes to the first of equal values only, as
// PyTorch's max over an axis does.
func largest(x *graph.Node) *graph.Node { return graph.ReduceSum(graph.Mul(x, first(x)), -1) }

// first marks the first maximum of the last axis with 1, all else with 0.
func first(x *graph.Node) *graph.Node {
	at := graph.ArgMax(graph.StopGradient(x), x.Rank()-1, dtypes.Int32)
	return graph.StopGradient(graph.OneHot(at, x.Shape().Dim(-1), x.DType()))
}

// logSumExp is log(sum(exp(x))) over the masked values of each row of x [n, m]; 0 for a row without any.
// With plusOne it is log(1 + sum(exp(x))).
func logSumExp(x, mask *graph.Node, plusOne bool) *graph.Node {
	g, dtype := x.Graph(), x.DType()
	never := graph.Scalar(g, dtype, -1e30) // its exponential is 0
	top := graph.ReduceMax(graph.Where(mask, x, never), 1)
	if plusOne {
		top = graph.MaxScalar(top, 0.0)
	}
	any := graph.LogicalAny(mask, 1)
	top = graph.StopGradient(graph.Where(any, top, graph.ScalarZero(g, dtype)))
	shifted := graph.Where(mask, graph.Sub(x, graph.InsertAxes(top, -1)), never)
	sum := graph.ReduceSum(graph.Exp(shifted), 1)
	if plusOne {
		return graph.Add(top, graph.Log(graph.Add(sum, graph.Exp(graph.Neg(top)))))
	}
	return graph.Add(top, graph.Log(graph.Where(any, sum, graph.ScalarOne(g, dtype))))
}

// softplus is log(1 + exp(x)), without overflow, and with the right gradient at 0 too.
func softplus(x *graph.Node) *graph.Node {
	zero := graph.ScalarZero(x.Graph(), x.DType())
	positive := graph.GreaterOrEqual(x, zero)
	rest := graph.Log1p(graph.Exp(graph.Where(positive, graph.Neg(x), x)))
	return graph.Add(graph.Where(positive, x, zero), rest)
}

// count is how many values of a mask are true along the last axis, or in all.
func count(mask *graph.Node, dtype dtypes.DType, axes ...int) *graph.Node {
	return graph.StopGradient(graph.ReduceSum(graph.ConvertDType(mask, dtype), axes...))
}

// output sums costs [n] where counted [n] is true.
func output(embeddings, costs, counted *graph.Node) Output {
	g, dtype := costs.Graph(), costs.DType()
	zero := graph.ScalarZero(g, dtype)
	costs = graph.Where(counted, costs, zero)
	return Output{
		Sum:    keepNaN(graph.ReduceAllSum(costs), embeddings),
		Count:  count(counted, dtype),
		Active: count(graph.GreaterThan(costs, zero), dtype),
	}
}

// keepNaN makes the value NaN where an embedding is NaN: comparisons with it fail, so that masks
// would leave it out.
func keepNaN(value, embeddings *graph.Node) *graph.Node {
	return graph.Add(value, graph.StopGradient(graph.MulScalar(graph.ReduceAllSum(embeddings), 0.0)))
}

// refuse makes the value NaN if a label is beyond the classes, which a graph cannot report otherwise.
func refuse(value, labels *graph.Node, classes int) *graph.Node {
	beyond := graph.GreaterOrEqual(labels, graph.Scalar(labels.Graph(), labels.DType(), classes))
	nan := graph.ConstAsDType(value.Graph(), value.DType(), math.NaN())
	return graph.Where(graph.LogicalAny(beyond), nan, value)
}
