package losses

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// sample is a training step's data, in float64 for the plain loops.
type sample struct {
	embeddings [][]float64
	labels     []int32
	weights    [][][]float64 // classes, sub-centres, dim; nil: none
	memory     [][]float64
	earlier    []int32 // the memory's labels
	words      int     // labels a row, for MultiLabel; 0: one
}

// result is what a backend computed.
type result struct {
	sum, count, active, mean float64
	gradient, ofWeights      []float32 // of the mean
}

func flat(rows [][]float64) []float32 {
	var out []float32
	for _, r := range rows {
		for _, v := range r {
			out = append(out, float32(v))
		}
	}
	return out
}

func (s sample) flatWeights() []float32 {
	var out []float32
	for _, w := range s.weights {
		out = append(out, flat(w)...)
	}
	return out
}

func goBackend(t testing.TB) compute.Backend {
	t.Helper()
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run computes a loss with its gradients.
func run(t testing.TB, b compute.Backend, loss Loss, s sample) result {
	t.Helper()
	dim := len(s.embeddings[0])
	args := []any{tensors.FromFlatDataAndDimensions(flat(s.embeddings), len(s.embeddings), dim)}
	if s.words > 0 {
		args = append(args, tensors.FromFlatDataAndDimensions(s.labels, len(s.embeddings), s.words))
	} else {
		args = append(args, tensors.FromFlatDataAndDimensions(s.labels, len(s.labels)))
	}
	if s.weights != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(s.flatWeights(), loss.ClassWeights(dim)...))
	}
	if s.memory != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(flat(s.memory), len(s.memory), dim),
			tensors.FromFlatDataAndDimensions(s.earlier, len(s.earlier)))
	}
	exec, err := graph.NewExec(b, func(nodes []*graph.Node) []*graph.Node {
		in := Input{Embeddings: nodes[0], Labels: nodes[1]}
		by := []*graph.Node{nodes[0]}
		rest := nodes[2:]
		if s.weights != nil {
			in.ClassWeights, by, rest = rest[0], append(by, rest[0]), rest[1:]
		}
		if s.memory != nil {
			in.Memory = Memory{Embeddings: rest[0], Labels: rest[1]}
		}
		out := loss.Graph(in)
		return append([]*graph.Node{out.Sum, out.Count, out.Active, out.Mean()}, graph.Gradient(out.Mean(), by...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	scalar := func(i int) float64 { return float64(out[i].Value().(float32)) }
	r := result{sum: scalar(0), count: scalar(1), active: scalar(2), mean: scalar(3)}
	r.gradient = tensors.MustCopyFlatData[float32](out[4])
	if s.weights != nil {
		r.ofWeights = tensors.MustCopyFlatData[float32](out[5])
	}
	return r
}

// plain is a loss in loops: the sum of costs and their count.
type plain func(s sample) (sum, count float64)

// mean is what the graph's gradient is of.
func (p plain) mean(s sample) float64 {
	sum, count := p(s)
	return sum / max(1, count)
}

// compare holds a backend's value and gradients to loops in float64 and their central differences.
func compare(t *testing.T, name string, got result, s sample, want plain) {
	t.Helper()
	sum, count := want(s)
	if math.Abs(got.sum-sum) > 2e-5*(1+math.Abs(sum)) || got.count != count {
		t.Errorf("%s: sum %g over %g, want %g over %g", name, got.sum, got.count, sum, count)
	}
	if m := sum / max(1, count); math.Abs(got.mean-m) > 2e-5*(1+math.Abs(m)) {
		t.Errorf("%s: mean %g, want %g", name, got.mean, m)
	}
	differences(t, name+", embeddings", got.gradient, s.embeddings, func() float64 { return want.mean(s) })
	i := 0
	for class, w := range s.weights {
		n := len(w) * len(w[0])
		differences(t, name+", class weights", got.ofWeights[i:i+n], s.weights[class], func() float64 { return want.mean(s) })
		i += n
	}
}

// differences compares a gradient with central differences of f by the values, which it moves and
// puts back.
func differences(t *testing.T, name string, got []float32, values [][]float64, f func() float64) {
	t.Helper()
	const h = 1e-6
	largest := 0.0
	for _, g := range got {
		largest = max(largest, math.Abs(float64(g)))
	}
	i := 0
	for _, row := range values {
		for k, v := range row {
			row[k] = v + h
			up := f()
			row[k] = v - h
			down := f()
			row[k] = v
			if d := (up - down) / (2 * h); math.Abs(d-float64(got[i])) > 1e-3*(0.01+largest) {
				t.Errorf("%s: gradient[%d] = %g, the difference quotient is %g", name, i, got[i], d)
				return
			}
			i++
		}
	}
}

// finite fails on any value that is NaN or infinite.
func finite(t *testing.T, name string, r result) {
	t.Helper()
	values := append([]float32{float32(r.sum), float32(r.mean)}, append(r.gradient, r.ofWeights...)...)
	for _, v := range values {
		if v != v || math.IsInf(float64(v), 0) {
			t.Errorf("%s: the loss is %g, the gradients are %v and %v", name, r.sum, r.gradient, r.ofWeights)
			return
		}
	}
}

// random draws a step of rows with labels in 0 .. classes - 1; every fifth row is unlabelled.
func random(seed uint64, batch, dim, classes, subCentres int) sample {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := sample{embeddings: normal(rng, batch, dim), labels: make([]int32, batch)}
	for i := range s.labels {
		s.labels[i] = int32(rng.IntN(classes))
		if i%5 == 4 {
			s.labels[i] = -1
		}
	}
	for range classes {
		if subCentres > 0 {
			s.weights = append(s.weights, normal(rng, subCentres, dim))
		}
	}
	return s
}

// remember adds a memory to a step.
func (s sample) remember(seed uint64, capacity, classes int) sample {
	rng := rand.New(rand.NewPCG(seed, 2))
	s.memory = normal(rng, capacity, len(s.embeddings[0]))
	for range capacity {
		s.earlier = append(s.earlier, int32(rng.IntN(classes+1)-1))
	}
	return s
}

func normal(rng *rand.Rand, rows, dim int) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, dim)
		for k := range out[i] {
			out[i][k] = float64(float32(rng.NormFloat64()))
		}
	}
	return out
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for k := range a {
		sum += a[k] * b[k]
	}
	return sum
}

func cosine(a, b []float64) float64 { return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b)) }

// columns are a batch's rows and the memory's.
func (s sample) columns() ([][]float64, []int32) {
	return slices.Concat(s.embeddings, s.memory), slices.Concat(s.labels, s.earlier)
}

// compared lists for each row the columns that are its positives and its negatives.
func (s sample) compared() (positives, negatives [][]int) {
	_, labels := s.columns()
	for i, label := range s.labels {
		var p, n []int
		for j, other := range labels {
			switch {
			case label < 0 || other < 0 || i == j:
			case label == other:
				p = append(p, j)
			default:
				n = append(n, j)
			}
		}
		positives, negatives = append(positives, p), append(negatives, n)
	}
	return positives, negatives
}
