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
	t.Parallel()
	for _, o := range []SupConOptions{{}, {Temperature: 0.5}} {
		loss, err := NewSupCon(o)
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range map[string]sample{
			"batch": random(1, 13, 4, 4, 0), "memory": random(2, 7, 4, 4, 0).remember(2, 9, 4),
		} {
			compare(t, fmt.Sprint(name, o), run(t, goBackend(t), loss, s), s, plainSupCon(loss.Options().Temperature))
		}
	}
}

// Three rows: two of a class at 60 degrees, one opposite to the first.
func TestSupConByHand(t *testing.T) {
	t.Parallel()
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
