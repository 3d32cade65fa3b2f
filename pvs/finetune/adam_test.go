package finetune

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/backend"
)

// backends are those that train here.
func backends(t *testing.T) map[string]compute.Backend {
	t.Helper()
	all := map[string]compute.Backend{"go": goBackend(t)}
	if xla, _, err := backend.OpenNamed(context.Background(), "xla:cpu", func(string) {}); err != nil {
		t.Log(err)
	} else {
		all["xla"] = xla
	}
	return all
}

// TestSharedMoments trains with the moments of each weight by themselves, of the small
// ones in one vector and of all: weights and moments are the same to the last bit.
func TestSharedMoments(t *testing.T) {
	t.Parallel()
	for name, b := range backends(t) {
		t.Run(name, func(t *testing.T) {
			p := phase(Full)
			if name == "go" {
				p.BatchNorm = true // on XLA it would double the time to compile
			}
			var plain, kept map[string][]float32
			for _, upTo := range []int{0, 1000, math.MaxInt} {
				s := newSessionOn(t, fastest(t, b), SessionOptions{})
				s.sharedUpTo = upTo
				_, values := trained(t, s, p, FromImages, 2, photos(5, 6))
				_, moments, err := s.Optimizer()
				if err != nil {
					t.Fatal(err)
				}
				vectors, weights := len(s.held()), len(s.trainable)
				if upTo == 0 {
					plain, kept = values, moments
					if vectors != weights {
						t.Fatalf("moments of %d weights in %d vectors, not one each", weights, vectors)
					}
					continue
				}
				if vectors >= weights {
					t.Fatalf("up to %d: no moments are shared", upTo)
				}
				if !maps.EqualFunc(plain, values, slices.Equal) {
					t.Errorf("up to %d: the weight %q differs", upTo, differing(plain, values, 0))
				}
				if !maps.EqualFunc(kept, moments, slices.Equal) {
					t.Errorf("up to %d: the moment %q differs", upTo, differing(kept, moments, 0))
				}
			}
		})
	}
}

// TestProgramsBetween evaluates as a graph between steps in the fused CPU kernels, which share the weights: they
// are the same to the last bit as without.
func TestProgramsBetween(t *testing.T) {
	t.Parallel()
	needsFused(t)
	for name, b := range backends(t) {
		t.Run(name, func(t *testing.T) {
			p, batch := phase(FromBlock7a), photos(6, 6)
			var plain map[string][]float32
			for _, evaluates := range []bool{false, true} {
				s := newSessionOn(t, fastest(t, b), SessionOptions{Inference: fastest(t, b)})
				if err := s.Begin(p, FromImages); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					if _, err := s.Step(batch); err != nil {
						t.Fatal(err)
					}
					if !evaluates {
						continue
					}
					if _, err := s.Evaluate(batch); err != nil {
						t.Fatal(err)
					}
				}
				values, err := s.Values()
				if err != nil {
					t.Fatal(err)
				}
				if (len(s.programs) > 0) != evaluates || s.backboneFused == nil {
					t.Fatalf("%d programs, kernels %v", len(s.programs), s.backboneFused)
				}
				if !evaluates {
					plain = values
				} else if !maps.EqualFunc(plain, values, slices.Equal) {
					t.Errorf("the weight %q differs", differing(plain, values, 0))
				}
			}
		})
	}
}
