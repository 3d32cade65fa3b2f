package losses

import (
	"fmt"
	"math"
	"testing"
)

func plainSupCon(temperature float64) plain {
	return func(s sample) (sum, count float64) {
		columns, _ := s.columns()
		positives, negatives := s.compared()
		for i, e := range s.embeddings {
			if len(positives[i]) == 0 {
				continue
			}
			count++
			total := 0.0
			for _, j := range append(append([]int{}, positives[i]...), negatives[i]...) {
				total += math.Exp(cosine(e, columns[j]) / temperature)
			}
			for _, j := range positives[i] {
				sum += (math.Log(total) - cosine(e, columns[j])/temperature) / float64(len(positives[i]))
			}
		}
		return sum, count
	}
}

func TestSupConAgainstLoops(t *testing.T) {
	for b, on := range backends(t) {
		for _, o := range []SupConOptions{{}, {Temperature: 0.5}} {
			loss, err := NewSupCon(o)
			if err != nil {
				t.Fatal(err)
			}
			for name, s := range map[string]sample{
				"batch": random(1, 13, 4, 4, 0), "memory": random(2, 7, 4, 4, 0).remember(2, 9, 4),
			} {
				compare(t, fmt.Sprint(b, " ", name, o), run(t, on, loss, s), s, plainSupCon(loss.Options().Temperature))
			}
		}
	}
}

// Three rows: two of a class at 60 degrees, one opposite to the first.
func TestSupConByHand(t *testing.T) {
	loss, err := NewSupCon(SupConOptions{Temperature: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := sample{
		embeddings: [][]float64{{2, 0}, {0.5, math.Sqrt(3) / 2}, {-1, 0}}, labels: []int32{4, 4, 9},
	}
	// Row 0: cosines 0.5 (positive) and -1; row 1: 0.5 (positive) and -0.5; row 2 has no positive.
	want := math.Log(1+math.Exp(-1.5)) + math.Log(1+math.Exp(-1))
	got := run(t, goBackend(t), loss, s)
	if math.Abs(got.sum-want) > 1e-6 || got.count != 2 || math.Abs(got.mean-want/2) > 1e-6 {
		t.Errorf("%g over %g, want %g over 2", got.sum, got.count, want)
	}
}

// pairLosses are all losses of pairs as published.
func pairLosses(t testing.TB) map[string]Loss {
	t.Helper()
	supCon, err := NewSupCon(SupConOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Loss{"SupCon": supCon}
}

// Batches without a pair cost nothing; duplicates and zeros give no NaN.
func TestPairEdges(t *testing.T) {
	for name, loss := range pairLosses(t) {
		for edge, labels := range map[string][]int32{
			"one sample a class": {0, 1, 2, 3, 4, 5}, "all one class": {2, 2, 2, 2, 2, 2},
			"unlabelled": {-1, -1, -1, -1, -1, -1}, "pairs": {0, 0, 1, 1, 2, 2}, "duplicates apart": {0, 1, 0, 1, 2, 2},
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

// An empty memory changes nothing.
func TestEmptyMemory(t *testing.T) {
	for name, loss := range pairLosses(t) {
		s := random(6, 8, 3, 3, 0)
		want := run(t, goBackend(t), loss, s)
		s.memory, s.earlier = [][]float64{{0, 0, 0}, {1, 2, 3}}, []int32{-1, -1}
		if got := run(t, goBackend(t), loss, s); math.Abs(got.sum-want.sum) > 1e-5 || got.count != want.count {
			t.Errorf("%s: %g over %g with an empty memory, %g over %g without", name, got.sum, got.count, want.sum, want.count)
		}
	}
}
