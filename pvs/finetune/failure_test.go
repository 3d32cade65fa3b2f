package finetune

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// stepped are all variables that a classifier's steps read or change, moments too.
func stepped(s *Session) []string {
	return slices.Concat(names(s.config.Variables()), names(s.top.Variables()), s.slots(s.ofBackbone()),
		s.slots(s.ofHead()))
}

// state copies all but one of them.
func state(t *testing.T, s *Session, but string) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, name := range stepped(s) {
		if name == but {
			continue
		}
		values, err := s.get(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = values
	}
	return all
}

// unchanged demands the state that was.
func unchanged(t *testing.T, what string, s *Session, before map[string][]float32, iterations int, but string) {
	t.Helper()
	if s.iterations != iterations {
		t.Errorf("%s: %d steps are counted, not %d", what, s.iterations, iterations)
	}
	for name, values := range state(t, s, but) {
		if !slices.EqualFunc(values, before[name],
			func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
			t.Errorf("%s: %s has changed", what, name)
			return
		}
	}
}

// oneOfEachKind are the first names of each kind, such as Adam's first moments of a backbone's kernel.
func oneOfEachKind(names []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(names, func(name string) bool {
		kind := path.Base(name)
		if head := []string{classify.Kernel, classify.Bias}; slices.ContainsFunc(head, func(of string) bool {
			return strings.HasSuffix(name, of)
		}) {
			kind = "head/" + kind
		}
		if of, _, _ := strings.Cut(name, "/"); slices.Contains([]string{"sum", "adam_m", "adam_v"}, of) {
			kind = of + "/" + kind
		}
		known := seen[kind]
		seen[kind] = true
		return known
	})
}

// sessions are engines and sizes of micro-batches that train a classifier.
func sessions(t *testing.T) map[string]func() *Session {
	t.Helper()
	all := map[string]func() *Session{}
	for name, e := range map[string]engine.Engine{"graph": asGraph(t, goBackend(t)), "fastest": fastest(t, goBackend(t))} {
		all[name] = func() *Session { return newSessionOn(t, e, SessionOptions{}) }
		all[name+" in micro-batches"] = func() *Session { return newSessionOn(t, e, SessionOptions{MicroBatch: 4}) }
	}
	return all
}

// A step whose loss is NaN, from its photos or from a weight, and one that a variable's loss breaks at
// whatever stage - forward, head, back, Adam, moving statistics - leaves all as it was, and the steps after it are
// those of a training in which it never was.
func TestFailedStepChangesNothing(t *testing.T) {
	t.Parallel()
	for name, start := range sessions(t) {
		t.Run(name, func(t *testing.T) {
			p := phase(Full)
			p.BatchNorm, p.Dropout = true, 0.2
			s, plain := start(), start()
			good := photos(6, 6)
			for _, s := range []*Session{s, plain} {
				if err := s.Begin(p, FromImages); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Step(good); err != nil {
					t.Fatal(err)
				}
			}
			before := state(t, s, "")

			bad := Batch{N: good.N, Inputs: slices.Clone(good.Inputs), Labels: good.Labels}
			bad.Inputs[77] = float32(math.NaN())
			step, err := s.Step(bad)
			if err != nil || !math.IsNaN(step.Loss()) {
				t.Errorf("a photo of NaN: loss %g, %v", step.Loss(), err)
			}
			unchanged(t, "a photo of NaN", s, before, 1, "")
			for _, label := range []int32{-1, testClasses} {
				bad := Batch{N: good.N, Inputs: good.Inputs, Labels: slices.Clone(good.Labels)}
				bad.Labels[2] = label
				if _, err := s.Step(bad); err == nil || !strings.Contains(err.Error(), fmt.Sprint(label)) {
					t.Errorf("class %d of %d: %v", label, testClasses, err)
				}
				unchanged(t, fmt.Sprint("class ", label), s, before, 1, "")
			}

			victims := stepped(s)
			graph := s.engine.Kind == engine.Graph
			if s.splits(6) && graph {
				victims = append(victims, sumOf(s.ofBackbone()[0]), sumOf(s.statistics()[3]))
			}
			if graph { // a step is long
				victims = oneOfEachKind(victims)
			}
			for _, name := range victims {
				if isSum(name) { // it would be made again
					if err := s.makeSums(); err != nil {
						t.Fatal(err)
					}
				}
				v := s.store.GetVariable("/" + name)
				value, err := v.Value()
				if err != nil {
					t.Fatal(err)
				}
				values, err := tensors.CopyFlatData[float32](value)
				if err != nil {
					t.Fatal(err)
				}
				dims := slices.Clone(value.Shape().Dimensions)
				if err := value.FinalizeAll(); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Step(good); err == nil {
					t.Errorf("a step without %s is taken", name)
				}
				unchanged(t, "without "+name, s, before, 1, name)
				if err := v.SetValuePreservingOld(tensors.FromFlatDataAndDimensions(values, dims...)); err != nil {
					t.Fatal(err)
				}
			}

			for _, s := range []*Session{s, plain} {
				if _, err := s.Step(good); err != nil {
					t.Fatal(err)
				}
			}
			if want, got := state(t, plain, ""), state(t, s, ""); !maps.EqualFunc(want, got, slices.Equal) {
				t.Errorf("after steps that failed, %q is another", differing(want, got, 0))
			}
		})
	}
}

// The same of a Siamese head, whose choice of negatives is made of comparisons.
func TestBrokenTriplets(t *testing.T) {
	t.Parallel()
	for _, metric := range []siamese.Metric{siamese.Angular, siamese.L2, siamese.SquaredL2} {
		s := newSession(t, SessionOptions{})
		p := phase(SiameseHead)
		p.Metric = metric
		if err := s.Begin(p, FromFeatures); err != nil {
			t.Fatal(err)
		}
		b := Batch{N: 6, Inputs: make([]float32, 6*s.config.Features()), Labels: []int32{0, 0, 1, 1, 2, 2}}
		for i := range b.Inputs {
			b.Inputs[i] = float32(i%17) / 17
		}
		if step, err := s.Step(b); err != nil || math.IsNaN(step.Loss()) {
			t.Fatal(step, err)
		}
		values, err := s.Values()
		if err != nil {
			t.Fatal(err)
		}
		b.Inputs[3] = float32(math.NaN())
		if step, err := s.Step(b); err != nil || !math.IsNaN(step.Loss()) || s.iterations != 1 {
			t.Errorf("%s: loss %g of a NaN feature, %d steps, %v", metric, step.Loss(), s.iterations, err)
		}
		after, err := s.Values()
		if err != nil {
			t.Fatal(err)
		}
		if name := differing(values, after, 0); name != "" {
			t.Errorf("%s: %s has changed", metric, name)
		}
	}
}

// GoMLX lends a variable's values inside of a callback only. What is written there is what programs and
// [Session.Values] see after it, on each backend; an upgrade under which that does not hold fails here.
func TestLentValues(t *testing.T) {
	t.Parallel()
	for name, b := range backends(t) {
		t.Run(name, func(t *testing.T) { lent(t, b) })
	}
}

func lent(t *testing.T, b compute.Backend) {
	s := newSessionOn(t, asGraph(t, b), SessionOptions{})
	if err := s.Begin(phase(NewTop), FromFeatures); err != nil {
		t.Fatal(err)
	}
	features := Batch{N: 6, Inputs: make([]float32, 6*s.config.Features()), Labels: make([]int32, 6)}
	loss := func() float64 {
		t.Helper()
		step, err := s.Evaluate(features)
		if err != nil {
			t.Fatal(err)
		}
		return step.Loss()
	}
	all := stepped(s)
	for round := range 3 { // a program has used them before
		first := loss()
		bias := float32(round + 1)
		err := s.withInMemory(tensors.MutableFlatData[float32], all, func(values inMemory) error {
			if len(values) != len(all) {
				t.Errorf("%d of %d variables are lent", len(values), len(all))
			}
			values[classify.Bias][0] += bias
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if second := loss(); !(second < first) { // all rows are of class 0
			t.Errorf("a program sees a loss of %g before and %g after", first, second)
		}
		err = s.withInMemory(tensors.ConstFlatData[float32], []string{classify.Bias, classify.Kernel},
			func(values inMemory) error {
				if want := float32((round + 1) * (round + 2) / 2); values[classify.Bias][0] != want {
					t.Errorf("the bias is %g, not %g", values[classify.Bias][0], want)
				}
				return classify.ErrLoss
			})
		if err != classify.ErrLoss {
			t.Errorf("an error of the work: %v", err)
		}
	}
	if err := s.withInMemory(tensors.ConstFlatData[float32], []string{"none"},
		func(inMemory) error { return nil }); err == nil {
		t.Error("a variable that there is not is lent")
	}
}
