package losses

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func newQueue(t testing.TB, capacity, dim int) *Queue {
	t.Helper()
	q, err := NewQueue(capacity, dim)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// batches are rows of one value, ten times their label and a running number.
func batches() [][]int32 { return [][]int32{{1, 2}, {3, 4, 5}, {6}, {7, 8, 9, 10, 11, 12}} }

func rowsOf(labels []int32) (out []float32) {
	for _, l := range labels {
		out = append(out, float32(l)*10, float32(l)*10+1)
	}
	return out
}

func TestQueueOrder(t *testing.T) {
	t.Parallel()
	q := newQueue(t, 4, 2)
	want := [][]int32{{1, 2, -1, -1}, {3, 4, 5, 1}, {6, 3, 4, 5}, {7, 8, 9, 10}}
	for i, labels := range batches() {
		if err := q.Push(rowsOf(labels), labels); err != nil {
			t.Fatal(err)
		}
		embeddings, got := q.Rows()
		filled := got[:q.Len()]
		if !slices.Equal(got, want[i]) || !slices.Equal(embeddings[:2*len(filled)], rowsOf(filled)) {
			t.Errorf("after batch %d: %v %v, want %v", i, got, embeddings, want[i])
		}
	}
	again := newQueue(t, 4, 2)
	embeddings, labels := q.Rows()
	if err := again.Push(embeddings, labels); err != nil {
		t.Fatal(err)
	}
	if e, l := again.Rows(); !slices.Equal(e, embeddings) || !slices.Equal(l, labels) {
		t.Errorf("restored to %v %v from %v %v", l, e, labels, embeddings)
	}
}

func TestQueueErrors(t *testing.T) {
	t.Parallel()
	if _, err := NewQueue(0, 4); err == nil {
		t.Error("a queue of 0 rows was made")
	}
	if err := newQueue(t, 4, 2).Push(make([]float32, 5), []int32{1, 2}); err == nil {
		t.Error("5 values were taken as 2 rows of 2")
	}
}

// The graph keeps what the Go queue keeps.
func TestEnqueue(t *testing.T) {
	t.Parallel()
	q := newQueue(t, 4, 2)
	exec, err := graph.NewExec(goBackend(t), func(nodes []*graph.Node) []*graph.Node {
		m := Enqueue(Memory{Embeddings: nodes[0], Labels: nodes[1]}, nodes[2], nodes[3])
		return []*graph.Node{m.Embeddings, m.Labels}
	})
	if err != nil {
		t.Fatal(err)
	}
	e, l := q.Rows()
	e, l = slices.Clone(e), slices.Clone(l)
	for i, labels := range batches() {
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(e, 4, 2), tensors.FromFlatDataAndDimensions(l, 4),
			tensors.FromFlatDataAndDimensions(rowsOf(labels), len(labels), 2),
			tensors.FromFlatDataAndDimensions(labels, len(labels)))
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Push(rowsOf(labels), labels); err != nil {
			t.Fatal(err)
		}
		e, l = tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[int32](out[1])
		if wantE, wantL := q.Rows(); !slices.Equal(e, wantE) || !slices.Equal(l, wantL) {
			t.Errorf("after batch %d: %v %v, want %v %v", i, l, e, wantL, wantE)
		}
	}
}

func ExampleQueue() {
	q, err := NewQueue(3, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, batch := range [][]int32{{1, -1}, {2, 3}, {4}} {
		if err := q.Push(make([]float32, 2*len(batch)), batch); err != nil {
			fmt.Println(err)
			return
		}
		_, labels := q.Rows()
		fmt.Println(labels)
	}
	// Output:
	// [1 -1 -1]
	// [2 3 1]
	// [4 2 3]
}
