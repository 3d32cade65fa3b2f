package losses

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func plainMultiSimilarity(o MultiSimilarityOptions) plain {
	return func(s sample) (sum, count float64) {
		columns, _ := s.columns()
		positives, negatives := s.compared()
		for i, e := range s.embeddings {
			if s.labels[i] < 0 {
				continue
			}
			count++
			least, most := math.Inf(1), math.Inf(-1)
			for _, j := range positives[i] {
				least = min(least, cosine(e, columns[j]))
			}
			for _, j := range negatives[i] {
				most = max(most, cosine(e, columns[j]))
			}
			pull, push := 1.0, 1.0
			for _, j := range positives[i] {
				if c := cosine(e, columns[j]); o.NoMining || c < most+o.Epsilon {
					pull += math.Exp(-o.Alpha * (c - o.Lambda))
				}
			}
			for _, j := range negatives[i] {
				if c := cosine(e, columns[j]); o.NoMining || c > least-o.Epsilon {
					push += math.Exp(o.Beta * (c - o.Lambda))
				}
			}
			sum += math.Log(pull)/o.Alpha + math.Log(push)/o.Beta
		}
		return sum, count
	}
}

func newMultiSimilarity(t testing.TB, o MultiSimilarityOptions) *MultiSimilarity {
	t.Helper()
	l, err := NewMultiSimilarity(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestMultiSimilarityAgainstLoops(t *testing.T) {
	t.Parallel()
	for _, o := range []MultiSimilarityOptions{{}, {NoMining: true}, {Alpha: 5, Beta: 10, Lambda: 0.8, Epsilon: 0.3}} {
		l := newMultiSimilarity(t, o)
		s := random(11, 13, 4, 4, 0)
		compare(t, fmt.Sprint(o), run(t, goBackend(t), l, s), s, plainMultiSimilarity(l.Options()))
		s = random(12, 7, 4, 4, 0).remember(3, 9, 4)
		compare(t, fmt.Sprint("memory ", o), run(t, goBackend(t), l, s), s, plainMultiSimilarity(l.Options()))
	}
}

// Rows at 0, 60, 90 and 180 degrees, the first two of one class: by hand, as pytorch-metric-learning
// defines the loss and its mining.
func TestMultiSimilarityByHand(t *testing.T) {
	t.Parallel()
	s := sample{
		embeddings: [][]float64{{1, 0}, {0.5, math.Sqrt(3) / 2}, {0, 1}, {-1, 0}}, labels: []int32{0, 0, 1, 2},
	}
	// Row 0: positive 0.5, negatives 0 and -1. Mined: no negative is above 0.4; the positive is not below 0.1.
	// Row 1: positive 0.5, negatives cos 30 = 0.866 and -0.5. Mined: the positive, and the negative 0.866.
	// Rows 2 and 3 have no positive, so nothing is mined. All four count.
	want := math.Log(1+math.Exp(0))/2 + math.Log(1+math.Exp(50*(math.Sqrt(3)/2-0.5)))/50
	got := run(t, goBackend(t), newMultiSimilarity(t, MultiSimilarityOptions{}), s)
	if math.Abs(got.sum-want) > 1e-6 || got.count != 4 || got.active != 1 {
		t.Errorf("%g over %g (%g active), want %g over 4 (1)", got.sum, got.count, got.active, want)
	}
}

func TestMultiSimilarityOptions(t *testing.T) {
	t.Parallel()
	_, err := NewMultiSimilarity(MultiSimilarityOptions{Beta: -1})
	if err == nil || !strings.Contains(err.Error(), "a beta of -1") {
		t.Errorf("got %v", err)
	}
}
