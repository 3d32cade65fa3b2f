package optimize

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func normal(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 6))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}

func newAdamW(t testing.TB, weights Tensors, o Options, groups ...Group) *AdamW {
	t.Helper()
	a, err := NewAdamW(weights, o, groups...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Two steps of torch.optim.AdamW(lr=0.1, weight_decay=0.5) worked out.
func TestAdamWByHand(t *testing.T) {
	weights := Tensors{"w": {1}}
	a := newAdamW(t, weights, Options{}, Group{[]string{"w"}, 0.1, 0.5})
	for _, step := range []struct{ gradient, want float64 }{
		{2, 0.85},       // 1 * (1 - 0.05) - 0.1 * 2 / 2
		{-1, 0.7808664}, // 0.85 * 0.95 - 0.1 * (0.08 / 0.19) / sqrt(0.004996 / 0.001999)
	} {
		if err := a.Step(Tensors{"w": {float32(step.gradient)}}, 1); err != nil {
			t.Fatal(err)
		}
		if got := float64(weights["w"][0]); math.Abs(got-step.want) > 1e-6 {
			t.Errorf("w is %.7f, want %.7f", got, step.want)
		}
	}
}

// Groups, schedule and decay against the algorithm in float64.
func TestAdamWAgainstLoops(t *testing.T) {
	const n, steps = 50, 20
	weights := Tensors{"head": normal(1, n), "backbone": normal(2, n), "frozen": normal(3, n)}
	frozen := slices.Clone(weights["frozen"])
	groups := []Group{{[]string{"head"}, 1e-2, 0}, {[]string{"backbone"}, 1e-3, 0.1}}
	o := Options{Beta1: 0.8, Beta2: 0.95, Epsilon: 1e-3}
	schedule := Cosine{Steps: steps, WarmUp: 5}
	type state struct{ w, m, v float64 }
	want := map[string][]state{}
	for _, g := range groups {
		for _, w := range weights[g.Names[0]] {
			want[g.Names[0]] = append(want[g.Names[0]], state{w: float64(w)})
		}
	}
	a := newAdamW(t, weights, o, groups...)
	for step := range steps {
		gradients := Tensors{"head": normal(uint64(10+step), n), "backbone": normal(uint64(50+step), n)}
		if err := a.Step(gradients, schedule.Factor(step)); err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			learningRate := g.LearningRate * schedule.Factor(step)
			for i, d := range gradients[g.Names[0]] {
				s := &want[g.Names[0]][i]
				s.m = o.Beta1*s.m + (1-o.Beta1)*float64(d)
				s.v = o.Beta2*s.v + (1-o.Beta2)*float64(d)*float64(d)
				m, v := s.m/(1-math.Pow(o.Beta1, float64(step+1))), s.v/(1-math.Pow(o.Beta2, float64(step+1)))
				s.w -= learningRate * g.WeightDecay * s.w
				s.w -= learningRate * m / (math.Sqrt(v) + o.Epsilon)
			}
		}
	}
	for name, states := range want {
		for i, s := range states {
			if got := float64(weights[name][i]); math.Abs(got-s.w) > 1e-5 {
				t.Fatalf("%s[%d] = %g, want %g", name, i, got, s.w)
			}
		}
	}
	if !slices.Equal(weights["frozen"], frozen) {
		t.Error("a weight in no group changed")
	}
}

// A restored state resumes bit by bit, on any number of cores.
func TestAdamWResumes(t *testing.T) {
	const n = 3*block + 17
	run := func(procs, cut int) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		weights := Tensors{"w": normal(1, n)}
		group := Group{[]string{"w"}, 1e-3, 0.01}
		a := newAdamW(t, weights, Options{}, group)
		for step := range 4 {
			if step == cut {
				b := newAdamW(t, weights, Options{}, group)
				if err := b.Restore(a.State()); err != nil {
					t.Fatal(err)
				}
				a = b
			}
			gradients := Tensors{"w": normal(uint64(step+2), n)}
			if _, err := ClipByGlobalNorm(gradients, 10); err != nil {
				t.Fatal(err)
			}
			if err := a.Step(gradients, 1); err != nil {
				t.Fatal(err)
			}
		}
		return weights["w"]
	}
	want := run(1, -1)
	if !slices.Equal(run(3, -1), want) {
		t.Error("three cores compute something else than one")
	}
	if !slices.Equal(run(2, 2), want) {
		t.Error("a restored state resumes differently")
	}
}

func TestAdamWErrors(t *testing.T) {
	weights := Tensors{"a": {1, 2}, "b": {3}}
	for message, groups := range map[string][]Group{
		"no such weight": {{[]string{"c"}, 1, 0}}, "named twice": {{[]string{"a"}, 1, 0}, {[]string{"a"}, 1, 0}},
		"learning rate above 0": {{[]string{"a"}, 0, 0}}, "not 1 and -1": {{[]string{"a"}, 1, -1}},
	} {
		if _, err := NewAdamW(weights, Options{}, groups...); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %v", message, err)
		}
	}
	if _, err := NewAdamW(weights, Options{Beta1: 1}); err == nil {
		t.Error("a beta of 1 was taken")
	}
	a := newAdamW(t, weights, Options{}, Group{[]string{"b", "a"}, 1, 0})
	for message, gradients := range map[string]Tensors{
		"gradient of a is missing": {"b": {1}}, "has 1 values, the weight 2": {"a": {1}, "b": {1}},
	} {
		if err := a.Step(gradients, 1); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %v", message, err)
		}
	}
	if err := a.Step(Tensors{"a": {1, 1}, "b": {1}}, math.NaN()); err == nil {
		t.Error("a factor of NaN was taken")
	}
	if err := a.Restore(State{Steps: 1, First: Tensors{}}); err == nil {
		t.Error("a state without moments was taken")
	}
	if weights["a"][0] != 1 || weights["b"][0] != 3 || a.State().Steps != 0 {
		t.Errorf("steps that failed changed the weights: %v", weights)
	}
}

func ExampleAdamW() {
	weights := Tensors{"kernel": {1, -1}, "gamma": {1}}
	adam, err := NewAdamW(weights, Options{},
		Group{Names: []string{"kernel"}, LearningRate: 0.1, WeightDecay: 0.5},
		Group{Names: []string{"gamma"}, LearningRate: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	gradients := Tensors{"kernel": {30, 0}, "gamma": {-40}}
	norm, err := ClipByGlobalNorm(gradients, 5)
	if err == nil {
		err = adam.Step(gradients, Cosine{Steps: 100}.Factor(0))
	}
	fmt.Printf("norm %.0f, clipped to %.0f and %.0f, %v\n", norm, gradients["kernel"][0], gradients["gamma"][0], err)
	fmt.Printf("kernel %.2f, gamma %.2f\n", weights["kernel"], weights["gamma"])
	// Output:
	// norm 50, clipped to 3 and -4, <nil>
	// kernel [0.85 -0.95], gamma [1.10]
}

// B0's four million weights.
func BenchmarkAdamW(b *testing.B) {
	const n = 4_000_000
	weights, gradients := Tensors{"w": normal(1, n)}, Tensors{"w": normal(2, n)}
	a := newAdamW(b, weights, Options{}, Group{[]string{"w"}, 1e-4, 0.01})
	for b.Loop() {
		if err := a.Step(gradients, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mweights/s")
}
