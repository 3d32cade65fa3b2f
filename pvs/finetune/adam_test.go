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

// TestSharedMoments trains with the moments of each weight by themselves, of the small
// ones in one vector and of all: weights and moments are the same to the last bit.
func TestSharedMoments(t *testing.T) {
	backends := map[string]compute.Backend{"go": goBackend(t)}
	if xla, _, err := backend.OpenNamed(context.Background(), "xla:cpu", func(string) {}); err != nil {
		t.Log(err)
	} else {
		backends["xla"] = xla
	}
	for name, b := range backends {
		t.Run(name, func(t *testing.T) {
			p := phase(Full)
			if name == "go" {
				p.BatchNorm = true // on XLA it would double the time to compile
			}
			var plain, kept map[string][]float32
			for _, upTo := range []int{0, 1000, math.MaxInt} {
				s := newSessionOn(t, b, SessionOptions{})
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
					t.Errorf("up to %d: the weight %q differs", upTo, apart(plain, values, 0))
				}
				if !maps.EqualFunc(kept, moments, slices.Equal) {
					t.Errorf("up to %d: the moment %q differs", upTo, apart(kept, moments, 0))
				}
			}
		})
	}
}
