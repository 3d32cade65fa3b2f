package losses

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Memory are embeddings of earlier batches, which a loss of pairs compares a batch's rows with besides
// each other: cross-batch memory (Wang et al. 2020, "Cross-Batch Memory for Embedding Learning", section
// 3). They get no gradient and are no anchors. The rows of the batch itself should not be among them.
type Memory struct {
	Embeddings *graph.Node // [capacity, dim] of a float type
	Labels     *graph.Node // [capacity] of an integer type; below 0: an empty or unlabelled row
}

// pairs are a batch's rows, the anchors, and what they are compared with: the batch's rows, then the
// memory's.
type pairs struct {
	anchors            *graph.Node // embeddings [batch, dim]
	columns            *graph.Node // embeddings [batch + capacity, dim]
	positive, negative *graph.Node // bool [batch, batch + capacity]
	labelled           *graph.Node // bool [batch]
}

func newPairs(name string, in Input) pairs {
	embeddings, labels := prepare(name, in, 1)
	columns, columnLabels := embeddings, labels
	if m := in.Memory; m.Embeddings != nil {
		if m.Labels == nil || m.Embeddings.Rank() != 2 || m.Embeddings.Shape().Dim(1) != embeddings.Shape().Dim(1) ||
			m.Labels.Rank() != 1 || m.Labels.Shape().Dim(0) != m.Embeddings.Shape().Dim(0) {
			exceptions.Panicf("%s takes a memory of embeddings [capacity, %d] and labels [capacity], not %s and %s",
				name, embeddings.Shape().Dim(1), shapeOf(m.Embeddings), shapeOf(m.Labels))
		}
		earlier := graph.StopGradient(graph.ConvertDType(m.Embeddings, embeddings.DType()))
		columns = graph.Concatenate([]*graph.Node{embeddings, earlier}, 0)
		columnLabels = graph.Concatenate([]*graph.Node{labels, graph.ConvertDType(m.Labels, dtypes.Int32)}, 0)
	}
	n, m := embeddings.Shape().Dim(0), columns.Shape().Dim(0)
	row := func(x *graph.Node) *graph.Node { return graph.BroadcastToDims(graph.Reshape(x, 1, m), n, m) }
	column := func(x *graph.Node) *graph.Node { return graph.BroadcastToDims(graph.Reshape(x, n, 1), n, m) }
	labelled := func(l *graph.Node) *graph.Node { return graph.GreaterOrEqual(l, graph.ZerosLike(l)) }

	index := shapes.Make(dtypes.Int32, n, m)
	other := graph.NotEqual(graph.Iota(embeddings.Graph(), index, 0), graph.Iota(embeddings.Graph(), index, 1))
	known := graph.LogicalAnd(column(labelled(labels)), row(labelled(columnLabels)))
	same := graph.Equal(column(labels), row(columnLabels))
	return pairs{
		anchors:  embeddings,
		columns:  columns,
		positive: graph.LogicalAnd(known, graph.LogicalAnd(same, other)),
		negative: graph.LogicalAnd(known, graph.LogicalNot(same)),
		labelled: labelled(labels),
	}
}

// cosines are [batch, batch + capacity].
func (p pairs) cosines() *graph.Node { return products(unit(p.anchors), unit(p.columns)) }
