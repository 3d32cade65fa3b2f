package losses

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// plainMargin is the loss in loops, with the angle itself.
func plainMargin(o MarginOptions) plain {
	return func(s sample) (sum, count float64) {
		for i, e := range s.embeddings {
			label := int(s.labels[i])
			if label < 0 {
				continue
			}
			count++
			logits := make([]float64, len(s.weights))
			total := 0.0
			for class, centres := range s.weights {
				best := -2.0
				for _, w := range centres {
					best = max(best, cosine(e, w))
				}
				if class == label {
					switch angle := math.Acos(best); {
					case o.Kind == CosFace:
						best -= o.Margin
					case o.Kind == ArcFace && angle < math.Pi-o.Margin:
						best = math.Cos(angle + o.Margin)
					case o.Kind == ArcFace:
						best -= o.Margin * math.Sin(o.Margin)
					}
				}
				logits[class] = o.Scale * best
				total += math.Exp(logits[class] - 100)
			}
			for class := range logits {
				target := o.LabelSmoothing / float64(o.Classes)
				if class == label {
					target += 1 - o.LabelSmoothing
				}
				sum -= target * (logits[class] - 100 - math.Log(total))
			}
		}
		return sum, count
	}
}

func newMargin(t testing.TB, o MarginOptions) *Margin {
	t.Helper()
	m, err := NewMargin(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMarginAgainstLoops(t *testing.T) {
	t.Parallel()
	for _, o := range []MarginOptions{
		{Classes: 6},
		{Classes: 6, SubCentres: 3, LabelSmoothing: 0.1, Scale: 16},
		{Classes: 6, Margin: 1.5, Scale: 8}, // many rows beyond pi - m
		{Classes: 6, Kind: CosFace, Scale: 30},
		{Classes: 6, Kind: NormFace, LabelSmoothing: 0.2},
	} {
		m := newMargin(t, o)
		s := random(3, 11, 4, 6, m.Options().SubCentres)
		compare(t, fmt.Sprint(m.Options()), run(t, goBackend(t), m, s), s, plainMargin(m.Options()))
	}
}

// Two classes at right angles, and a row on the first one's axis: pytorch-metric-learning's definition by hand.
func TestMarginByHand(t *testing.T) {
	t.Parallel()
	s := sample{
		embeddings: [][]float64{{3, 0}}, labels: []int32{0},
		weights: [][][]float64{{{0.5, 0}}, {{0, 2}}},
	}
	for _, c := range []struct {
		o    MarginOptions
		want float64 // log(1 + exp(scale * (other - own)))
	}{
		{MarginOptions{Classes: 2, Scale: 2, Margin: math.Pi / 3}, math.Log(1 + math.Exp(2*(0-0.5)))},
		{MarginOptions{Classes: 2, Scale: 2, Kind: CosFace, Margin: 0.25}, math.Log(1 + math.Exp(2*(0-0.75)))},
		{MarginOptions{Classes: 2, Scale: 2, Kind: NormFace}, math.Log(1 + math.Exp(2*(0-1.0)))},
		{MarginOptions{Classes: 2, Scale: 2, Kind: NormFace, LabelSmoothing: 0.5},
			0.75*math.Log(1+math.Exp(-2)) + 0.25*math.Log(1+math.Exp(2))},
	} {
		// The sine stays above 3e-4 where the cosine is 1.
		if got := run(t, goBackend(t), newMargin(t, c.o), s); math.Abs(got.sum-c.want) > 6e-4 || got.count != 1 {
			t.Errorf("%+v: %g over %g, want %g", c.o, got.sum, got.count, c.want)
		}
	}
}

// A row opposite to its class lies beyond pi - m: the loss is finite and larger than nearer ones.
func TestArcFaceFallsMonotonically(t *testing.T) {
	t.Parallel()
	m := newMargin(t, MarginOptions{Classes: 2, Scale: 10})
	last := math.Inf(-1)
	for degree := 0.0; degree <= 180; degree += 5 {
		a := degree * math.Pi / 180
		s := sample{
			embeddings: [][]float64{{math.Cos(a), math.Sin(a), 0}}, labels: []int32{0},
			weights: [][][]float64{{{1, 0, 0}}, {{0, 0, 1}}},
		}
		got := run(t, goBackend(t), m, s)
		finite(t, fmt.Sprint(degree, " degrees"), got)
		if got.sum <= last {
			t.Errorf("at %g degrees the loss is %g, before it was %g", degree, got.sum, last)
		}
		last = got.sum
	}
}

// Of equally near sub-centres the first one gets the gradient, as with PyTorch's max, not each.
func TestSubCentreTies(t *testing.T) {
	t.Parallel()
	s := random(9, 1, 3, 2, 2)
	s.labels[0], s.weights[0][1] = 0, s.weights[0][0]
	got := run(t, goBackend(t), newMargin(t, MarginOptions{Classes: 2, SubCentres: 2, Kind: NormFace}), s)
	for k := range 3 {
		if got.ofWeights[k] == 0 || got.ofWeights[3+k] != 0 {
			t.Fatalf("equal sub-centres have the gradients %v", got.ofWeights[:6])
		}
	}
}

func TestMarginEdges(t *testing.T) {
	t.Parallel()
	m := newMargin(t, MarginOptions{Classes: 3, SubCentres: 2})
	s := random(5, 6, 4, 3, 2)
	s.embeddings[0] = []float64{0, 0, 0, 0}          // no length
	copy(s.embeddings[1], s.weights[s.labels[1]][0]) // on its class
	for k, v := range s.weights[s.labels[2]][1] {
		s.embeddings[2][k] = -v // opposite
	}
	s.embeddings[3] = s.embeddings[1]
	s.weights[2][0] = []float64{0, 0, 0, 0}
	finite(t, "zeros and duplicates", run(t, goBackend(t), m, s))

	s.labels = []int32{-1, -1, -1, -1, -1, -1}
	got := run(t, goBackend(t), m, s)
	finite(t, "unlabelled", got)
	if got.sum != 0 || got.count != 0 || got.mean != 0 {
		t.Errorf("rows without labels cost %g over %g", got.sum, got.count)
	}
	for _, g := range append(got.gradient, got.ofWeights...) {
		if g != 0 {
			t.Fatalf("rows without labels have the gradients %v, %v", got.gradient, got.ofWeights)
		}
	}
	s.labels[2] = 3
	if got := run(t, goBackend(t), m, s); !math.IsNaN(got.sum) {
		t.Errorf("label 3 of 3 classes costs %g", got.sum)
	}
	s.labels[2], s.embeddings[4][0] = 0, math.NaN()
	if got := run(t, goBackend(t), m, s); !math.IsNaN(got.sum) {
		t.Errorf("a row that is not a number costs %g", got.sum)
	}
}

// Two micro-batches add up to the batch.
func TestMarginSumsOverRows(t *testing.T) {
	t.Parallel()
	m := newMargin(t, MarginOptions{Classes: 4})
	s := random(7, 12, 5, 4, 1)
	whole, sum, rows := run(t, goBackend(t), m, s), 0.0, 0.0
	for _, part := range [][2]int{{0, 5}, {5, 12}} {
		p := s
		p.embeddings, p.labels = s.embeddings[part[0]:part[1]], s.labels[part[0]:part[1]]
		got := run(t, goBackend(t), m, p)
		sum, rows = sum+got.sum, rows+got.count
	}
	if !m.SumsOverRows() || math.Abs(sum-whole.sum) > 1e-4 || rows != whole.count {
		t.Errorf("parts cost %g over %g, the whole %g over %g", sum, rows, whole.sum, whole.count)
	}
}

func TestMarginOptions(t *testing.T) {
	t.Parallel()
	for message, o := range map[string]MarginOptions{
		"at least one class":    {},
		"no margin is called":   {Classes: 2, Kind: 9},
		"in 0 to 1, the range":  {Classes: 2, Kind: CosFace, Margin: 1.2},
		"label smoothing of 1 ": {Classes: 2, LabelSmoothing: 1},
		"a scale of -1":         {Classes: 2, Scale: -1},
		"a margin of 0.1":       {Classes: 2, Kind: NormFace, Margin: 0.1},
	} {
		if _, err := NewMargin(o); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%+v: %v, want %q", o, err, message)
		}
	}
}

func ExampleNewMargin() {
	loss, err := NewMargin(MarginOptions{Kind: ArcFace, Classes: 1000, SubCentres: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+v\n", loss.Options())
	fmt.Println("class weights:", loss.ClassWeights(512))
	// Output:
	// {Kind:ArcFace Classes:1000 SubCentres:3 Margin:0.5 Scale:64 LabelSmoothing:0}
	// class weights: [1000 3 512]
}
