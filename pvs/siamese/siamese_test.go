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
func run(t testing.TB, embeddings []float32, dim int, labels []int32, metric Metric, margin float64) (loss float32, gradient []float32, others []float32) {
	t.Helper()
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	exec, err := graph.NewExec(backend, func(e, l *graph.Node) []*graph.Node {
		loss := TripletLoss(e, l, metric, margin)
		return []*graph.Node{loss.Value, graph.Gradient(loss.Value, e)[0], loss.Pairs, loss.Active, loss.MeanPositive, loss.MeanNegative}
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(embeddings, len(labels), dim), tensors.FromFlatDataAndDimensions(labels, len(labels)))
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

// naive is the definition as a loop over pairs, in float64, for squared L2.
func naive(e []float32, dim int, labels []int32, margin float64) (loss, active, pairs float64) {
	d := func(i, j int) float64 {
		sum := 0.0
		for k := range dim {
			x := float64(e[i*dim+k]) - float64(e[j*dim+k])
			sum += x * x
		}
		return sum
	}
	for a := range labels {
		for p := range labels {
			if a == p || labels[a] != labels[p] {
				continue
			}
			near, far := math.Inf(1), math.Inf(-1)
			for n := range labels {
				if labels[n] != labels[a] {
					far = max(far, d(a, n))
					if d(a, n) > d(a, p) {
						near = min(near, d(a, n))
					}
				}
			}
			if math.IsInf(far, -1) {
				continue
			}
			if math.IsInf(near, 1) {
				near = far
			}
			pairs++
			if c := margin + d(a, p) - near; c > 0 {
				loss += c
				active++
			}
		}
	}
	return loss / max(1, pairs), active / max(1, pairs), pairs
}

func TestAgainstLoop(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, batch := range []int{2, 15, 16, 17, 40} { // around a block of anchors
		const dim = 5
		e, labels := make([]float32, batch*dim), make([]int32, batch)
		for i := range e {
			e[i] = float32(rng.NormFloat64())
		}
		for i := range labels {
			labels[i] = int32(rng.IntN(1 + batch/4))
		}
		loss, _, others := run(t, e, dim, labels, SquaredL2, 0.7)
		want, active, pairs := naive(e, dim, labels, 0.7)
		if math.Abs(float64(loss)-want) > 1e-4*(1+want) || math.Abs(float64(others[1])-active) > 1e-6 || float64(others[0]) != pairs {
			t.Errorf("batch %d: loss %g, active %g, pairs %g; want %g, %g, %g", batch, loss, others[1], others[0], want, active, pairs)
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
