package losses

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func plainMultiLabel(o MultiLabelOptions) plain {
	return func(s sample) (sum, count float64) {
		for i, e := range s.embeddings {
			words := slices.DeleteFunc(slices.Clone(s.labels[i*s.words:(i+1)*s.words]), func(l int32) bool { return l < 0 })
			slices.Sort(words)
			words = slices.Compact(words)
			if len(words) == 0 {
				continue
			}
			count++
			var logits []float64
			total := 0.0
			for _, w := range s.weights {
				z := o.Scale*cosine(e, w[0]) + o.Offset
				logits, total = append(logits, z), total+math.Exp(z)
			}
			for class, z := range logits {
				has := slices.Contains(words, int32(class))
				switch p := 1 / (1 + math.Exp(-z)); {
				case o.Kind == MultiBCE && has:
					sum -= math.Log(p)
				case o.Kind == MultiBCE:
					sum -= math.Log(1 - p)
				case has:
					sum += (math.Log(total) - z) / float64(len(words))
				}
			}
		}
		return sum, count
	}
}

func newMultiLabel(t testing.TB, o MultiLabelOptions) *MultiLabel {
	t.Helper()
	l, err := NewMultiLabel(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// words is a step of five rows with up to three of six labels.
func words() sample {
	s := random(41, 5, 4, 6, 1)
	s.words = 3
	s.labels = []int32{0, 3, 5, 2, -1, -1, -1, -1, -1, 4, 4, 1, -1, 0, -1}
	return s
}

func TestMultiLabelAgainstLoops(t *testing.T) {
	t.Parallel()
	for _, o := range []MultiLabelOptions{
		{Classes: 6}, {Classes: 6, Kind: MultiBCE}, {Classes: 6, Kind: MultiBCE, Scale: 5, Offset: -1},
	} {
		l, s := newMultiLabel(t, o), words()
		compare(t, fmt.Sprint(o), run(t, goBackend(t), l, s), s, plainMultiLabel(l.Options()))
	}
}

// Cosines 1 and 0, a scale of 2, both labels: by hand, as PyTorch's losses define it.
func TestMultiLabelByHand(t *testing.T) {
	t.Parallel()
	s := sample{
		embeddings: [][]float64{{1, 0}}, labels: []int32{0, 1}, words: 2,
		weights: [][][]float64{{{1, 0}}, {{0, 1}}},
	}
	softmax := (math.Log(1+math.Exp(-2)) + math.Log(1+math.Exp(2))) / 2
	bce := math.Log(1+math.Exp(-1)) + math.Log(1+math.Exp(1)) // logits 2 - 1 and 0 - 1
	for _, c := range []struct {
		o    MultiLabelOptions
		want float64
	}{
		{MultiLabelOptions{Classes: 2, Scale: 2}, softmax},
		{MultiLabelOptions{Classes: 2, Kind: MultiBCE, Scale: 2, Offset: -1}, bce},
	} {
		if got := run(t, goBackend(t), newMultiLabel(t, c.o), s); math.Abs(got.sum-c.want) > 1e-6 {
			t.Errorf("%+v: %g, want %g", c.o, got.sum, c.want)
		}
	}
}

func TestMultiLabelEdges(t *testing.T) {
	t.Parallel()
	for _, kind := range []MultiLabelKind{MultiSoftmax, MultiBCE} {
		l, s := newMultiLabel(t, MultiLabelOptions{Classes: 6, Kind: kind}), words()
		s.embeddings[0], s.weights[3][0] = []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}
		s.embeddings[3] = s.embeddings[4]
		whole := run(t, goBackend(t), l, s)
		finite(t, kind.String(), whole)
		part := s
		part.embeddings, part.labels = s.embeddings[:2], s.labels[:6]
		rest := s
		rest.embeddings, rest.labels = s.embeddings[2:], s.labels[6:]
		a, b := run(t, goBackend(t), l, part), run(t, goBackend(t), l, rest)
		if !l.SumsOverRows() || math.Abs(a.sum+b.sum-whole.sum) > 1e-4 || a.count+b.count != whole.count || whole.count != 4 {
			t.Errorf("%s: parts cost %g and %g, the whole %g over %g", kind, a.sum, b.sum, whole.sum, whole.count)
		}
		s.labels[14] = 6
		if got := run(t, goBackend(t), l, s); !math.IsNaN(got.sum) {
			t.Errorf("%s: label 6 of 6 classes costs %g", kind, got.sum)
		}
		s.labels = slices.Repeat([]int32{-1}, 15)
		if got := run(t, goBackend(t), l, s); got.sum != 0 || got.count != 0 {
			t.Errorf("%s: rows without labels cost %g over %g", kind, got.sum, got.count)
		}
	}
}

func TestMultiLabelOptions(t *testing.T) {
	t.Parallel()
	for message, o := range map[string]MultiLabelOptions{
		"one class": {}, "is called MultiLabelKind(7)": {Kind: 7}, "scale of -2": {Classes: 1, Scale: -2},
		"offset of NaN": {Classes: 1, Offset: math.NaN()},
	} {
		if _, err := NewMultiLabel(o); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
