package losses

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// pairLosses are all losses of pairs as published.
func pairLosses(t testing.TB) map[string]Loss {
	t.Helper()
	supCon, err := NewSupCon(SupConOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Loss{
		"SupCon": supCon, "multi-similarity": newMultiSimilarity(t, MultiSimilarityOptions{}),
		"all similarities": newMultiSimilarity(t, MultiSimilarityOptions{NoMining: true}),
		"batch-hard":       newBatchHard(t, BatchHardOptions{}),
		"soft":             newBatchHard(t, BatchHardOptions{Soft: true, Unit: true}),
	}
}

// Batches without a pair cost nothing; duplicates and zeros give no NaN.
func TestPairEdges(t *testing.T) {
	t.Parallel()
	for name, loss := range pairLosses(t) {
		for edge, labels := range map[string][]int32{
			"one sample a class": {0, 1, 2, 3, 4, 5}, "all one class": {2, 2, 2, 2, 2, 2},
			"unlabelled": {-1, -1, -1, -1, -1, -1}, "pairs": {0, 0, 1, 1, 2, 2}, "duplicates as negatives": {0, 1, 0, 1, 2, 2},
		} {
			s := random(4, 6, 3, 3, 0)
			s.labels = labels
			copy(s.embeddings[1], s.embeddings[0])
			s.embeddings[3], s.embeddings[5] = []float64{0, 0, 0}, []float64{0, 0, 0}
			got := run(t, goBackend(t), loss, s)
			finite(t, name+", "+edge, got)
			if edge == "unlabelled" && (got.sum != 0 || got.count != 0) {
				t.Errorf("%s: rows without labels cost %g over %g", name, got.sum, got.count)
			}
			if loss.SumsOverRows() || loss.ClassWeights(3) != nil {
				t.Errorf("%s sums over rows or has class weights", name)
			}
			s.embeddings[2][1] = math.NaN()
			if got := run(t, goBackend(t), loss, s); !math.IsNaN(got.sum) {
				t.Errorf("%s, %s: a row that is not a number costs %g", name, edge, got.sum)
			}
		}
	}
}

// Rows of a memory get no gradient, even where the graph computes them from the embeddings.
func TestMemoryIsFixed(t *testing.T) {
	t.Parallel()
	for name, loss := range pairLosses(t) {
		exec, err := graph.NewExec(goBackend(t), func(nodes []*graph.Node) []*graph.Node {
			var out []*graph.Node
			for _, rows := range []*graph.Node{nodes[0], graph.StopGradient(nodes[0])} {
				in := Input{Embeddings: nodes[0], Labels: nodes[1]}
				in.Memory = Memory{Embeddings: graph.AddScalar(rows, 0.5), Labels: nodes[1]}
				out = append(out, graph.Gradient(loss.Graph(in).Sum, nodes[0])[0])
			}
			return out
		})
		if err != nil {
			t.Fatal(err)
		}
		s := random(8, 6, 3, 2, 0)
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(flat(s.embeddings), 6, 3),
			tensors.FromFlatDataAndDimensions(s.labels, 6))
		if err != nil {
			t.Fatal(err)
		}
		got, want := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
		if !slices.Equal(got, want) {
			t.Errorf("%s: the gradient is %v, of a fixed memory %v", name, got, want)
		}
	}
}

// An empty memory changes nothing.
func TestEmptyMemory(t *testing.T) {
	t.Parallel()
	for name, loss := range pairLosses(t) {
		s := random(6, 8, 3, 3, 0)
		want := run(t, goBackend(t), loss, s)
		s.memory, s.earlier = [][]float64{{0, 0, 0}, {1, 2, 3}}, []int32{-1, -1}
		if got := run(t, goBackend(t), loss, s); math.Abs(got.sum-want.sum) > 1e-5 || got.count != want.count {
			t.Errorf("%s: %g over %g with an empty memory, %g over %g without", name, got.sum, got.count, want.sum, want.count)
		}
	}
}
