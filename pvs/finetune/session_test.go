package finetune

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

const (
	testSize    = 32
	testClasses = 5
	testDim     = 16
)

func goBackend(t testing.TB) compute.Backend {
	t.Helper()
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// chosen is the engine of a request.
func chosen(t testing.TB, r engine.Request) engine.Engine {
	t.Helper()
	e, err := engine.Choose(r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// asGraph trains and infers as a graph on a backend.
func asGraph(t testing.TB, b compute.Backend) engine.Engine {
	t.Helper()
	return chosen(t, engine.Request{Backend: b})
}

// fastest is a backend's graph, or the fused CPU kernels where this processor has them.
func fastest(t testing.TB, b compute.Backend) engine.Engine {
	t.Helper()
	return chosen(t, engine.Request{Backend: b, Wish: engine.Fastest})
}

// onGo is the pure-Go backend's graph, or else the fastest.
func onGo(t testing.TB, graph bool) engine.Engine {
	t.Helper()
	if graph {
		return asGraph(t, goBackend(t))
	}
	return fastest(t, goBackend(t))
}

// needsFused skips a test where the fused CPU kernels do not run.
func needsFused(t testing.TB) {
	t.Helper()
	if !cpu.Supports(effnet.Float32) {
		t.Skip("the fused CPU kernels do not run on this processor")
	}
}

// miniature is an untrained network with both heads.
func miniature(t testing.TB) (effnet.Config, map[string][]float32) {
	t.Helper()
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	values := c.InitialValues(1)
	for name, v := range (classify.Head{Features: c.Features(), Classes: testClasses}).InitialValues(1) {
		values[name] = v
	}
	for name, v := range (siamese.Head{Features: c.Features(), Dim: testDim}).InitialValues(1) {
		values[name] = v
	}
	return c, values
}

func newSession(t testing.TB, opts SessionOptions) *Session {
	t.Helper()
	return newSessionOn(t, fastest(t, goBackend(t)), opts)
}

func newSessionOn(t testing.TB, e engine.Engine, opts SessionOptions) *Session {
	t.Helper()
	c, values := miniature(t)
	opts.Size = testSize
	s, err := NewSession(e, c, values, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func phase(trains Trains) Phase {
	return Phase{Trains: trains, Views: []imageprep.View{imageprep.A0, imageprep.A1}, LearningRate: 1e-2, Margin: 0.5,
		Epochs: 1, Batch: 6}
}

// photos are n random squares in rows of a batch, the rest zeros.
func photos(n, rows int) Batch {
	rng := rand.New(rand.NewPCG(1, 2))
	b := Batch{N: n, Inputs: make([]float32, rows*3*testSize*testSize), Labels: make([]int32, rows)}
	for i := range n * 3 * testSize * testSize {
		b.Inputs[i] = float32(rng.IntN(256))
	}
	for i := range n {
		b.Labels[i] = int32(i % testClasses)
	}
	return b
}

// trained takes steps and returns their losses and the weights.
func trained(t testing.TB, s *Session, p Phase, input Input, steps int, b Batch) ([]float64, map[string][]float32) {
	t.Helper()
	if err := s.Begin(p, input); err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for range steps {
		step, err := s.Step(b)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, step.Loss())
	}
	values, err := s.Values()
	if err != nil {
		t.Fatal(err)
	}
	return losses, values
}

// differing returns the name of a weight that differs by more than the tolerance, relative
// to the largest value.
func differing(a, b map[string][]float32, tolerance float64) string {
	for name, want := range a {
		largest, worst := 0.0, 0.0
		for i, v := range want {
			largest = max(largest, math.Abs(float64(v)))
			worst = max(worst, math.Abs(float64(v-b[name][i])))
		}
		if !(worst <= tolerance*(largest+1e-6)) {
			return name
		}
	}
	return ""
}

// Split into micro-batches, a batch trains the same weights, with dropout, with
// stochastic depth and when it is short.
func TestMicroBatches(t *testing.T) {
	t.Parallel()
	p := phase(Full)
	p.Dropout = 0.3
	p.LearningRate = 1e-4 // Adam's first steps are as large as the rate whatever the gradient
	b := photos(5, 6)
	losses, whole := trained(t, newSessionOn(t, onGo(t, true), SessionOptions{DropConnect: 0.3}), p, FromImages, 2, b)
	for _, graph := range []bool{true, false} {
		for _, m := range []int{1, 4, 6} {
			again, split := trained(t, newSessionOn(t, onGo(t, graph), SessionOptions{DropConnect: 0.3, MicroBatch: m}), p,
				FromImages, 2, b)
			for i := range losses {
				if math.Abs(again[i]-losses[i]) > 1e-4 {
					t.Errorf("micro-batches of %d, as a graph %t: losses %v, want %v", m, graph, again, losses)
				}
			}
			if name := differing(whole, split, 2e-3); name != "" {
				t.Errorf("micro-batches of %d, as a graph %t: %s differs", m, graph, name)
			}
		}
	}
}

// The fused CPU kernels compute the losses and the weights of the graph, in training and in inference.
func TestFused(t *testing.T) {
	t.Parallel()
	needsFused(t)
	for _, c := range []struct {
		trains Trains
		norms  bool
	}{{NewTop, false}, {FromBlock7a, false}, {Full, false}, {NewTop, true}, {FromBlock7a, true}, {Full, true}} {
		trains, p := c.trains, phase(c.trains)
		p.BatchNorm, p.Dropout, p.LearningRate = c.norms, 0.3, 1e-4
		b := photos(5, 6)
		var losses [2][]float64
		var values [2]map[string][]float32
		var after [2]Step
		for i, graph := range []bool{true, false} {
			s := newSessionOn(t, onGo(t, graph), SessionOptions{DropConnect: 0.3, Inference: fastest(t, goBackend(t))})
			losses[i], values[i] = trained(t, s, p, FromImages, 3, b)
			if (s.headFused == nil) != graph || len(s.programs) == 0 != !graph {
				t.Fatalf("%s, as a graph %t: %d programs, head in fused kernels %t", trains, graph, len(s.programs),
					s.headFused != nil)
			}
			var err error
			if after[i], err = s.Evaluate(b); err != nil {
				t.Fatal(err)
			}
		}
		for i, want := range append(losses[0], after[0].Loss()) {
			if got := append(losses[1], after[1].Loss())[i]; !(math.Abs(got-want) <= 1e-4*want) {
				t.Errorf("%s: loss %d is %g in the fused CPU kernels and %g in the graph", trains, i, got, want)
			}
		}
		for name := range values[0] {
			// BatchNorms take off what offsets before them add, so that some gradients are nothing but
			// rounding, which decides where Adam steps to from 0.
			if c.norms && (strings.HasSuffix(name, "/beta") || strings.HasSuffix(name, "/bias") || strings.HasSuffix(name,
				"/moving_mean")) {
				delete(values[0], name)
			}
		}
		if name := differing(values[0], values[1], 2e-3); name != "" {
			t.Errorf("%s, BatchNorms trained %t: %s differs", trains, c.norms, name)
		}
	}
}

// With trained BatchNorms the statistics are those of micro-batches, averaged.
func TestMicroBatchStatistics(t *testing.T) {
	t.Parallel()
	p := phase(Full)
	p.BatchNorm = true
	b := photos(6, 6)
	for _, graph := range []bool{true, false} {
		_, whole := trained(t, newSessionOn(t, onGo(t, graph), SessionOptions{}), p, FromImages, 1, b)
		_, split := trained(t, newSessionOn(t, onGo(t, graph), SessionOptions{MicroBatch: 3}), p, FromImages, 1, b)
		name := "stem_bn/moving_mean" // whose mean over two halves is the mean of the whole
		if differing(map[string][]float32{name: whole[name]}, split, 1e-5) != "" {
			t.Errorf("%s: %v, want %v", name, split[name], whole[name])
		}
		for name, v := range split {
			for _, x := range v {
				if math.IsNaN(float64(x)) {
					t.Fatalf("%s is not a number", name)
				}
			}
		}
	}
}

// Padding rows change nothing.
func TestShortBatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ norms, graph bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		norms, e := c.norms, onGo(t, c.graph)
		p := phase(Full)
		p.BatchNorm = norms
		losses, exact := trained(t, newSessionOn(t, e, SessionOptions{}), p, FromImages, 1, photos(4, 4))
		filled, values := trained(t, newSessionOn(t, e, SessionOptions{}), p, FromImages, 1, photos(4, 7))
		// Normalised over few values, rounding is amplified.
		if math.Abs(losses[0]-filled[0]) > 1e-3 {
			t.Errorf("loss %g, want %g", filled[0], losses[0])
		}
		for _, name := range []string{classify.MovingMean, "stem_bn/moving_variance"} {
			if differing(map[string][]float32{name: exact[name]}, values, 1e-4) != "" {
				t.Errorf("BatchNorms trained %t: %s differs", norms, name)
			}
		}
	}
}

// Training on cached features trains the same weights as training from photos.
func TestCachedInputs(t *testing.T) {
	t.Parallel()
	c, values := miniature(t)
	b := photos(6, 6)
	for trains, output := range map[Trains]embed.Output{NewTop: embed.Features, FromBlock7a: "block7a"} {
		p := phase(trains)
		_, fromPhotos := trained(t, newSession(t, SessionOptions{}), p, FromImages, 3, b)
		n, err := embed.New(fastest(t, goBackend(t)), c, values, embed.NetworkOptions{Size: testSize, Batch: 6,
			Output: output})
		if err != nil {
			t.Fatal(err)
		}
		cached := Batch{N: 6, Inputs: make([]float32, 6*n.Dim()), Labels: b.Labels}
		if err := n.Embed(b.Inputs, 6, cached.Inputs); err != nil {
			t.Fatal(err)
		}
		_, fromCache := trained(t, newSession(t, SessionOptions{}), p, p.CachedInput(), 3, cached)
		if name := differing(fromPhotos, fromCache, 1e-3); name != "" {
			t.Errorf("%s: %s differs", trains, name)
		}
		for _, v := range c.Variables() {
			same := differing(map[string][]float32{v.Name: values[v.Name]}, fromCache, 0) == ""
			if trains == NewTop && !same {
				t.Errorf("%s trained %s", trains, v.Name)
			}
		}
	}
}

// A session that resumes from saved weights and moments takes the same steps.
func TestRestore(t *testing.T) {
	t.Parallel()
	b := photos(6, 6)
	p := phase(FromBlock7a)
	p.Dropout = 0.2
	whole := newSession(t, SessionOptions{DropConnect: 0.2})
	_, _ = trained(t, whole, p, FromImages, 2, b)
	iterations, moments, err := whole.Optimizer()
	if err != nil {
		t.Fatal(err)
	}
	values, err := whole.Values()
	if err != nil {
		t.Fatal(err)
	}
	want, err := whole.Step(b)
	if err != nil {
		t.Fatal(err)
	}
	after, err := whole.Values()
	if err != nil {
		t.Fatal(err)
	}
	again := newSession(t, SessionOptions{DropConnect: 0.2})
	if err := again.Load(values); err != nil {
		t.Fatal(err)
	}
	if err := again.Begin(p, FromImages); err != nil {
		t.Fatal(err)
	}
	if err := again.Restore(iterations, moments); err != nil {
		t.Fatal(err)
	}
	got, err := again.Step(b)
	if err != nil {
		t.Fatal(err)
	}
	resumed, err := again.Values()
	if err != nil {
		t.Fatal(err)
	}
	if got != want || differing(after, resumed, 0) != "" {
		t.Errorf("step %+v, want %+v; %s differs", got, want, differing(after, resumed, 0))
	}
	if err := again.Restore(1, nil); err == nil || !strings.Contains(err.Error(), "lacks") {
		t.Errorf("got %v", err)
	}
}

// The Siamese head learns to tell photos apart, and a batch of single views has no triplets.
func TestSiamese(t *testing.T) {
	t.Parallel()
	s := newSession(t, SessionOptions{})
	p := phase(SiameseHead)
	if err := s.Begin(p, FromImages); err == nil {
		t.Error("photos must be refused")
	}
	features := s.config.Features()
	rng := rand.New(rand.NewPCG(1, 3))
	b := Batch{N: 8, Inputs: make([]float32, 8*features), Labels: []int32{0, 0, 1, 1, 2, 2, 3, 3}}
	for i := range b.Inputs {
		b.Inputs[i] = rng.Float32()
	}
	if err := s.Begin(p, FromFeatures); err != nil {
		t.Fatal(err)
	}
	var first, last Step
	for i := range 30 {
		step, err := s.Step(b)
		if err != nil {
			t.Fatal(err)
		}
		if last = step; i == 0 {
			first = step
		}
	}
	if !(last.Loss() < first.Loss()/2) || first.Pairs != 8 || !(last.MeanPositive() < last.MeanNegative()) {
		t.Errorf("from %+v to %+v", first, last)
	}
	b.Labels = []int32{0, 1, 2, 3, 4, 5, 6, 7}
	if step, err := s.Step(b); err != nil || step.Loss() != 0 || step.Pairs != 0 {
		t.Errorf("got %+v, %v", step, err)
	}
}

func TestTrainable(t *testing.T) {
	t.Parallel()
	b0, err := effnet.Named("b0")
	if err != nil {
		t.Fatal(err)
	}
	norms := phase(Full)
	norms.BatchNorm = true
	for _, c := range []struct {
		p    Phase
		want int
	}{{phase(NewTop), 4}, {phase(FromBlock7a), 12}, {phase(Full), 117}, {norms, 215}, {phase(SiameseHead), 2}} {
		if got := len(c.p.Trainable(b0)); got != c.want {
			t.Errorf("%s: %d weights train, want %d", c.p, got, c.want)
		}
	}
}

// TestFrozenSeparately holds a step whose frozen layers run on a backend of their own, or in
// the fused CPU kernels, to one that runs all layers in one program, with dropout and
// stochastic depth on.
func TestFrozenSeparately(t *testing.T) {
	t.Parallel()
	t.Run("graph", func(t *testing.T) {
		frozenSeparately(t, asGraph(t, goBackend(t)))
	})
	t.Run("kernels", func(t *testing.T) {
		needsFused(t)
		frozenSeparately(t, fastest(t, goBackend(t)))
	})
}

func frozenSeparately(t *testing.T, e engine.Engine) {
	for _, trains := range []Trains{NewTop, FromBlock7a} {
		for _, rows := range []int{6, 16} {
			p := phase(trains)
			p.Batch, p.Dropout = rows, 0.2
			p.LearningRate = 1e-4 // Adam's first steps are as large as the rate whatever the gradient
			losses := map[bool][]float64{}
			values := map[bool]map[string][]float32{}
			for _, separate := range []bool{false, true} {
				opts := SessionOptions{DropConnect: 0.2}
				if separate {
					opts.Inference = e
				}
				losses[separate], values[separate] = trained(t, newSessionOn(t, e, opts), p, FromImages, 3, photos(rows-1, rows))
			}
			for i, want := range losses[false] {
				if got := losses[true][i]; !(math.Abs(got-want) <= 1e-4*want) {
					t.Errorf("%s, batch %d, step %d: a loss of %g separately, %g in one program", trains, rows, i, got, want)
				}
			}
			// Where nearly nothing is left of a gradient, rounding says how far Adam goes.
			if name := differing(values[false], values[true], 5e-3); name != "" {
				t.Errorf("%s, batch %d: %s differs", trains, rows, name)
			}
		}
	}
}
