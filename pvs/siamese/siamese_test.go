package siamese

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

// run computes value, gradient and the other scalars on the pure-Go backend.
func run(t testing.TB, embeddings []float32, dim int, labels []int32, metric Metric, margin float64) (loss float32,
	gradient []float32, others []float32) {
	t.Helper()
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	exec, err := graph.NewExec(backend, func(e, l *graph.Node) []*graph.Node {
		loss := TripletLoss(e, l, metric, margin)
		return []*graph.Node{loss.Value, graph.Gradient(loss.Value, e)[0], loss.Pairs, loss.Active, loss.MeanPositive,
			loss.MeanNegative}
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(embeddings, len(labels), dim),
		tensors.FromFlatDataAndDimensions(labels, len(labels)))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out[2:] {
		others = append(others, o.Value().(float32))
	}
	return out[0].Value().(float32), tensors.MustCopyFlatData[float32](out[1]), others
}

// Values and gradients of TensorFlow Addons 0.23: three metrics, three margins, two batches.
func TestAgainstTensorFlowAddons(t *testing.T) {
	f, err := weights.Read("../effnet/testdata/keras_reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for key, want := range f.Tensors {
		name, ok := strings.CutSuffix(key, ".loss")
		if !ok || !strings.HasPrefix(name, "triplet_") {
			continue
		}
		count++
		batch, rest, _ := strings.Cut(name, ".")
		metricName, marginText, _ := strings.Cut(rest, ".")
		metric, err := ParseMetric(metricName)
		if err != nil {
			t.Fatal(err)
		}
		margin, err := strconv.ParseFloat(marginText, 64)
		if err != nil {
			t.Fatal(err)
		}
		embeddings := f.Tensors[batch+".emb"]
		var labels []int32
		for _, l := range f.Tensors[batch+".labels"].Data {
			labels = append(labels, int32(l))
		}
		loss, gradient, _ := run(t, embeddings.Data, embeddings.Shape[1], labels, metric, margin)
		if math.Abs(float64(loss-want.Data[0])) > 1e-5 {
			t.Errorf("%s: loss %g, want %g", name, loss, want.Data[0])
		}
		for i, g := range f.Tensors[name+".grad"].Data {
			if math.Abs(float64(gradient[i]-g)) > 1e-5 {
				t.Errorf("%s: gradient[%d] = %g, want %g", name, i, gradient[i], g)
				break
			}
		}
	}
	if count != 18 {
		t.Errorf("%d losses were compared, want 18", count)
	}
}

// looped is the loss as a sum over [Triplets].
func looped(t testing.TB, e []float32, dim int, labels []int32, margin float64) (loss, active, pairs float64) {
	t.Helper()
	n := len(labels)
	distances := make([]float32, n*n) // squared L2
	for i := range n {
		for j := range n {
			sum := 0.0
			for k := range dim {
				x := float64(e[i*dim+k]) - float64(e[j*dim+k])
				sum += x * x
			}
			distances[i*n+j] = float32(sum)
		}
	}
	triplets, err := Triplets(distances, labels)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range triplets {
		c := tr.Cost(margin)
		loss += c
		if c > 0 {
			active++
		}
	}
	pairs = float64(len(triplets))
	return loss / max(1, pairs), active / max(1, pairs), pairs
}

func TestAgainstLoop(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, batch := range []int{2, 63, 64, 65, 130} { // around blocks of anchors
		const dim = 5
		e, labels := make([]float32, batch*dim), make([]int32, batch)
		for i := range e {
			e[i] = float32(rng.NormFloat64())
		}
		for i := range labels {
			labels[i] = int32(rng.IntN(1 + batch/4))
		}
		loss, _, others := run(t, e, dim, labels, SquaredL2, 0.7)
		want, active, pairs := looped(t, e, dim, labels, 0.7)
		if math.Abs(float64(loss)-want) > 1e-4*(1+want) || math.Abs(float64(others[1])-active) > 1e-6 ||
			float64(others[0]) != pairs {
			t.Errorf("batch %d: loss %g, active %g, pairs %g; want %g, %g, %g", batch, loss, others[1], others[0], want, active,
				pairs)
		}
	}
}

// A batch without any triplet has the loss 0 and no gradient, not NaN.
func TestNoTriplets(t *testing.T) {
	e := []float32{1, 0, 0, 1, 1, 1}
	for name, labels := range map[string][]int32{"all different": {1, 2, 3}, "all the same": {4, 4, 4}} {
		for _, m := range []Metric{Angular, L2, SquaredL2} {
			loss, gradient, others := run(t, e, 2, labels, m, 0.5)
			if loss != 0 || others[0] != 0 {
				t.Errorf("%s, %s: loss %g with %g pairs", name, m, loss, others[0])
			}
			for _, g := range gradient {
				if g != 0 {
					t.Errorf("%s, %s: gradient %v", name, m, gradient)
					break
				}
			}
		}
	}
}

func ExampleParseMetric() {
	m, err := ParseMetric("Angular")
	fmt.Println(m, err)
	_, err = ParseMetric("cosine")
	fmt.Println(err)
	// Output:
	// angular <nil>
	// no distance is called "cosine": they are angular, L2, squared-L2
}

// One anchor's line: 0 is the anchor, 1 and 2 are its positives, the others negatives.
func ExampleTriplets() {
	labels := []int32{7, 7, 7, 8, 9}
	row := []float32{0, 0.2, 0.6, 0.3, 0.5}
	distances := make([]float32, 25)
	copy(distances, row)
	triplets, err := Triplets(distances, labels)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range triplets[:2] {
		fmt.Printf("positive %d, negative %d: %s, cost %.1f\n", t.Positive, t.Negative, t.Kind(0.5), t.Cost(0.5))
	}
	// Output:
	// positive 1, negative 3: semi-hard, cost 0.4
	// positive 2, negative 4: hard, cost 0.6
}

func TestTripletsOfWrongSize(t *testing.T) {
	if _, err := Triplets(make([]float32, 8), []int32{1, 1, 2}); err == nil ||
		!strings.Contains(err.Error(), "9 distances, not 8") {
		t.Errorf("got %v", err)
	}
	if got, err := Triplets(make([]float32, 4), []int32{1, 1}); err != nil || len(got) != 0 {
		t.Errorf("a batch of one label has %v, %v", got, err)
	}
	if k := (Triplet{ToPositive: 0.2, ToNegative: 0.8}).Kind(0.5); k != "easy" {
		t.Errorf("got %s", k)
	}
}
