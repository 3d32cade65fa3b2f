package losses

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Queue is a [Memory] in Go: the newest embeddings of earlier batches, up to a fixed capacity, first in, first
// out. Wang et al. 2020 (section 3) let the network settle for some epochs before they use it, as
// embeddings must change slowly. It is not for use by several goroutines at once.
type Queue struct {
	dim        int
	embeddings []float32 // [capacity, dim], newest first
	labels     []int32   // [capacity], -1 where empty
}

// NewQueue returns an empty one.
func NewQueue(capacity, dim int) (*Queue, error) {
	if capacity < 1 || dim < 1 {
		return nil, fmt.Errorf("a memory of %d embeddings of %d values is too small: both are 1 at least", capacity, dim)
	}
	return &Queue{dim, make([]float32, capacity*dim), slices.Repeat([]int32{-1}, capacity)}, nil
}

// Push puts a batch's labelled rows, embeddings [batch, dim] row by row, in front, and drops as many of
// the oldest. Unlabelled rows are left out. Of a batch beyond the capacity the first rows stay.
func (q *Queue) Push(embeddings []float32, labels []int32) error {
	if len(embeddings) != len(labels)*q.dim {
		return fmt.Errorf("%d rows of %d values do not have %d values in all", len(labels), q.dim, len(embeddings))
	}
	capacity := len(q.labels)
	var rows []float32
	var of []int32
	for i, label := range labels {
		if label >= 0 && len(of) < capacity {
			of, rows = append(of, label), append(rows, embeddings[i*q.dim:(i+1)*q.dim]...)
		}
	}
	copy(q.labels[len(of):], q.labels)
	copy(q.labels, of)
	copy(q.embeddings[len(rows):], q.embeddings)
	copy(q.embeddings, rows)
	return nil
}

// Rows are all rows, newest first: embeddings [capacity, dim] and labels [capacity], -1 where nothing
// is yet. They are the queue's own until the next Push, to be read only; pushed at once into a new queue
// they restore it.
func (q *Queue) Rows() (embeddings []float32, labels []int32) { return q.embeddings, q.labels }

// Len is how many rows are filled.
func (q *Queue) Len() int {
	if n := slices.Index(q.labels, -1); n >= 0 {
		return n
	}
	return len(q.labels)
}

// Enqueue is the same in a graph, for a memory that stays on the device as two variables: the new rows,
// then as many of the memory's as fit. It starts with labels of -1. Unlabelled rows take a place, as shapes
// are fixed. Embeddings are [batch, dim], labels [batch]; no gradient passes.
func Enqueue(m Memory, embeddings, labels *graph.Node) Memory {
	push := func(old, rows *graph.Node) *graph.Node {
		rows = graph.StopGradient(graph.ConvertDType(rows, old.DType()))
		all := graph.Concatenate([]*graph.Node{rows, old}, 0)
		return graph.Slice(all, graph.AxisRange(0, old.Shape().Dim(0)))
	}
	return Memory{Embeddings: push(m.Embeddings, embeddings), Labels: push(m.Labels, labels)}
}
