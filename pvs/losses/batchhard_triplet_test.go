package losses

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func plainBatchHard(o BatchHardOptions) plain {
	return func(s sample) (sum, count float64) {
		columns, _ := s.columns()
		positives, negatives := s.compared()
		distance := func(a, b []float64) float64 {
			scaleA, scaleB := 1.0, 1.0
			if o.Unit {
				scaleA, scaleB = math.Sqrt(dot(a, a)), math.Sqrt(dot(b, b))
			}
			sum := 0.0
			for k := range a {
				sum += math.Pow(a[k]/scaleA-b[k]/scaleB, 2)
			}
			return math.Sqrt(sum)
		}
		for i, e := range s.embeddings {
			if len(positives[i]) == 0 || len(negatives[i]) == 0 {
				continue
			}
			count++
			farthest, nearest := 0.0, math.Inf(1)
			for _, j := range positives[i] {
				farthest = max(farthest, distance(e, columns[j]))
			}
			for _, j := range negatives[i] {
				nearest = min(nearest, distance(e, columns[j]))
			}
			if o.Soft {
				sum += math.Log(1 + math.Exp(farthest-nearest))
			} else {
				sum += max(0, o.Margin+farthest-nearest)
			}
		}
		return sum, count
	}
}

func newBatchHard(t testing.TB, o BatchHardOptions) *BatchHard {
	t.Helper()
	l, err := NewBatchHard(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBatchHardAgainstLoops(t *testing.T) {
	t.Parallel()
	for _, o := range []BatchHardOptions{{}, {Soft: true}, {Margin: 0.7, Unit: true}, {Soft: true, Unit: true}} {
		l := newBatchHard(t, o)
		s := random(21, 13, 4, 4, 0)
		compare(t, fmt.Sprint(o), run(t, goBackend(t), l, s), s, plainBatchHard(l.Options()))
		s = random(22, 7, 4, 4, 0).remember(4, 9, 4)
		compare(t, fmt.Sprint("memory ", o), run(t, goBackend(t), l, s), s, plainBatchHard(l.Options()))
	}
}

// Points on a line, by hand; the mean of those that cost something is pytorch-metric-learning's.
func TestBatchHardByHand(t *testing.T) {
	t.Parallel()
	s := sample{embeddings: [][]float64{{0}, {1}, {3}, {9}, {9.5}}, labels: []int32{0, 0, 1, 2, 2}}
	// Rows 0, 1: 0.2 + 1 - 3 and 0.2 + 1 - 2; row 2 has no positive; rows 3, 4: 0.2 + 0.5 - 6 ...
	got := run(t, goBackend(t), newBatchHard(t, BatchHardOptions{}), s)
	if got.sum != 0 || got.count != 4 || got.active != 0 {
		t.Errorf("%g over %g (%g active), want 0 over 4 (0)", got.sum, got.count, got.active)
	}
	got = run(t, goBackend(t), newBatchHard(t, BatchHardOptions{Margin: 1.5}), s)
	if math.Abs(got.sum-0.5) > 1e-6 || got.active != 1 { // row 1 alone: 1.5 + 1 - 2
		t.Errorf("%g (%g active), want 0.5 (1)", got.sum, got.active)
	}
}

// Of equally far positives the first one gets the gradient, not each.
func TestBatchHardTies(t *testing.T) {
	t.Parallel()
	s := sample{embeddings: [][]float64{{0, 0}, {0, 1}, {0, 1}, {2, 0}}, labels: []int32{0, 0, 0, 1}}
	got := run(t, goBackend(t), newBatchHard(t, BatchHardOptions{Margin: 3}), s)
	// Costs: row 0: 3 + 1 - 2; rows 1 and 2: 3 + 1 - sqrt 5 each. Row 0 is pulled up by its own cost and by
	// those of rows 1 and 2, 1/3 each, and pushed left by its negative: -1/3 * -1.
	want := []float32{1.0 / 3, -1}
	for k, w := range want {
		if math.Abs(float64(got.gradient[k]-w)) > 1e-5 {
			t.Errorf("gradient %v, want %v first", got.gradient, want)
			break
		}
	}
}

func TestBatchHardOptions(t *testing.T) {
	t.Parallel()
	for message, o := range map[string]BatchHardOptions{
		"soft margin": {Soft: true, Margin: 1}, "margin of -1": {Margin: -1},
	} {
		if _, err := NewBatchHard(o); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
