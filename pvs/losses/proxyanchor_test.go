package losses

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func plainProxyAnchor(o ProxyAnchorOptions) plain {
	return func(s sample) (sum, count float64) {
		pulls, pushes, present := 0.0, 0.0, 0.0
		for class, w := range s.weights {
			pull, push := 1.0, 1.0
			for i, e := range s.embeddings {
				switch c := cosine(e, w[0]); {
				case int(s.labels[i]) == class:
					pull += math.Exp(-o.Alpha * (c - o.Margin))
				case s.labels[i] >= 0:
					push += math.Exp(o.Alpha * (c + o.Margin))
				}
			}
			if pull > 1 {
				present++
			}
			pulls, pushes = pulls+math.Log(pull), pushes+math.Log(push)
		}
		for _, l := range s.labels {
			if l >= 0 {
				count = 1
			}
		}
		return pulls/max(1, present) + pushes/float64(o.Classes), count
	}
}

func newProxyAnchor(t testing.TB, o ProxyAnchorOptions) *ProxyAnchor {
	t.Helper()
	l, err := NewProxyAnchor(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestProxyAnchorAgainstLoops(t *testing.T) {
	t.Parallel()
	for _, o := range []ProxyAnchorOptions{{Classes: 6}, {Classes: 6, Alpha: 8, Margin: 0.3}} {
		l := newProxyAnchor(t, o)
		s := random(31, 9, 4, 6, 1)
		compare(t, fmt.Sprint(o), run(t, goBackend(t), l, s), s, plainProxyAnchor(l.Options()))
	}
}

// A row on the first of two classes' axes, by hand: pytorch-metric-learning's definition.
func TestProxyAnchorByHand(t *testing.T) {
	t.Parallel()
	s := sample{embeddings: [][]float64{{2, 0}}, labels: []int32{0}, weights: [][][]float64{{{3, 0}}, {{0, 1}}}}
	// The first class is in the batch: log(1 + exp(-32 (1 - 0.1))). Negatives of the second: cosine 0.
	want := math.Log(1+math.Exp(-32*0.9))/1 + math.Log(1+math.Exp(32*0.1))/2
	got := run(t, goBackend(t), newProxyAnchor(t, ProxyAnchorOptions{Classes: 2}), s)
	if math.Abs(got.mean-want) > 1e-5 || got.count != 1 {
		t.Errorf("%g, want %g", got.mean, want)
	}
}

func TestProxyAnchorEdges(t *testing.T) {
	t.Parallel()
	l := newProxyAnchor(t, ProxyAnchorOptions{Classes: 3})
	s := random(33, 6, 4, 3, 1)
	s.embeddings[0] = []float64{0, 0, 0, 0}
	s.embeddings[2] = s.embeddings[1]
	s.weights[1][0] = []float64{0, 0, 0, 0}
	for name, labels := range map[string][]int32{
		"all one class": {1, 1, 1, 1, 1, 1}, "one sample a class": {0, 1, 2, -1, -1, -1},
		"unlabelled": {-1, -1, -1, -1, -1, -1},
	} {
		s.labels = labels
		got := run(t, goBackend(t), l, s)
		finite(t, name, got)
		if name == "unlabelled" && (got.sum != 0 || got.count != 0) {
			t.Errorf("rows without labels cost %g over %g", got.sum, got.count)
		}
	}
	s.labels = []int32{3, 0, 0, 0, 0, 0}
	if got := run(t, goBackend(t), l, s); !math.IsNaN(got.sum) || l.SumsOverRows() {
		t.Errorf("label 3 of 3 classes costs %g", got.sum)
	}
}

func TestProxyAnchorOptions(t *testing.T) {
	t.Parallel()
	for message, o := range map[string]ProxyAnchorOptions{
		"one class": {}, "alpha of -1": {Classes: 1, Alpha: -1}, "margin of 2": {Classes: 1, Margin: 2},
	} {
		if _, err := NewProxyAnchor(o); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
