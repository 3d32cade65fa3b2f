//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// subset is a network in training with chosen of its weights.
type subset struct {
	t                      *testing.T
	config                 effnet.Config
	batchNorms             bool
	from                   string
	lanes                  int
	weights                map[string][]float32
	x, dFeatures, features []float32
}

// gradients are those of the chosen weights, nil for all, with sums between values that nothing may write.
func (s subset) gradients(chosen []string) map[string][]float32 {
	s.t.Helper()
	n, err := cpu.NewTrainingFor(s.config, 32, cpu.TrainingOptions{From: s.from, Norms: s.batchNorms, Weights: chosen},
		s.lanes)
	if err != nil {
		s.t.Fatal(err)
	}
	defer n.Close()
	touched := n.Guard(8)
	got := map[string][]float32{}
	for _, err := range []error{n.Load(s.weights), n.Forward(s.x, nil, s.features), n.Backward(s.dFeatures),
		n.Gradients(got)} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	if touched() {
		s.t.Fatalf("with %d weights, %q first, something was written beside the sums", len(chosen),
			slices.Concat(chosen, []string{""})[0])
	}
	return got
}

// Each weight alone, and 200 random subsets, have the gradients that they have among all, to the last bit, and
// nothing is written where it does not belong. TestGradients holds all of them to the graph's.
func TestSomeWeights(t *testing.T) {
	needsCPUEngine(t)
	for i, c := range []struct {
		config     effnet.Config
		batchNorms bool
		from       string
	}{{mini, false, ""}, {mini, true, ""}, {mini, false, "block7a"}, {lite, false, ""}, {lite, true, ""}} {
		for j, lanes := range cpu.Lanes() {
			if (i+j)%2 == 1 && os.Getenv("PVS_SLOW") == "" {
				continue // PVS_SLOW=1 takes all of them
			}
			t.Run(fmt.Sprint(c.config.Name, c.batchNorms, c.from, lanes), func(t *testing.T) {
				t.Parallel()
				x := images(2, 32)
				if c.from != "" {
					h, w, channels := c.config.InputOf(c.from, 32)
					x = normal(2 * h * w * channels)
				}
				s := subset{t, c.config, c.batchNorms, c.from, lanes, values(c.config), x, normal(2 * c.config.Features()),
					make([]float32, 2*c.config.Features())}
				want := s.gradients(nil)
				all := trained(c.config, c.from, c.batchNorms)
				if len(want) != len(all) {
					t.Fatalf("%d weights of %d have gradients", len(want), len(all))
				}
				hold := func(chosen []string) {
					t.Helper()
					got := s.gradients(chosen)
					if len(got) != len(chosen) {
						t.Fatalf("%d of %d weights have gradients", len(got), len(chosen))
					}
					for _, name := range chosen {
						if !slices.Equal(got[name], want[name]) {
							t.Fatalf("with %d weights the gradients of %s are others", len(chosen), name)
						}
					}
				}
				hold([]string{})
				parts, every := 10, 7
				if os.Getenv("PVS_SLOW") != "" {
					parts, every = 200, 1
				}
				for i := 0; i < len(all); i += every {
					hold([]string{all[i]})
				}
				rng := rand.New(rand.NewPCG(9, uint64(lanes)))
				for range parts {
					chosen := slices.Clone(all)
					rng.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
					hold(chosen[:1+rng.IntN(len(chosen))])
				}
			})
		}
	}
}

// Weights alone have the graph's gradients.
func TestOneWeightAgainstGraph(t *testing.T) {
	b := pureGo(t)
	weights, x, dFeatures := values(mini), images(2, 32), normal(2*mini.Features())
	features, want := gradients(t, b, mini, weights, "", false, x, []int{2, 32, 32, 3}, dFeatures, nil)
	for _, lanes := range cpu.Lanes() {
		s := subset{t, mini, false, "", lanes, weights, x, dFeatures, make([]float32, len(features))}
		for name, values := range want {
			same(t, fmt.Sprint(lanes, " lanes, ", name), s.gradients([]string{name})[name], values, 2e-4)
		}
	}
}

// A step changes the weights that train, and no others; weights that cannot train are refused by name.
func TestSomeWeightsStep(t *testing.T) {
	needsCPUEngine(t)
	chosen := []string{"block2a_dwconv/depthwise_kernel", "block3a_se_expand/bias", "block2a_bn/gamma"}
	weights, x, dFeatures, features := values(mini), images(2, 32), normal(2*mini.Features()),
		make([]float32, 2*mini.Features())
	n, err := cpu.NewTraining(mini, 32, cpu.TrainingOptions{Norms: true, Weights: chosen})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	given := map[string]cpu.Trained{}
	all := withMoments(mini, weights)
	for _, name := range chosen {
		given[name] = all[name]
	}
	for _, err := range []error{n.Load(weights), n.Forward(x, nil, features), n.Backward(dFeatures),
		n.Step(cpu.Adam{StepSize: 0.1, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}, given)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, w := range all {
		if changed := !slices.Equal(w.Weights, weights[name]); changed != slices.Contains(chosen, name) {
			t.Errorf("%s: changed is %t", name, changed)
		}
	}
	for _, c := range []struct {
		opts cpu.TrainingOptions
		name string
	}{{cpu.TrainingOptions{}, "block9z/kernel"}, {cpu.TrainingOptions{}, "stem_bn/gamma"},
		{cpu.TrainingOptions{Norms: true}, "stem_bn/moving_mean"},
		{cpu.TrainingOptions{From: "block7a"}, "stem_conv/kernel"}} {
		c.opts.Weights = []string{c.name}
		if _, err := cpu.NewTraining(mini, 32, c.opts); err == nil || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s trains: %v", c.name, err)
		}
	}
}
