package native

import (
	"context"

	"github.com/gopvs/product-visual-search/pvs/cores"
)

// Adam is how a step of Keras's Adam is taken (keras/optimizers/adam.py): moments go Mean and Square
// of the way to the gradients and their squares, and weights lose Rate * m / (sqrt(v) + Epsilon).
type Adam struct {
	Rate, Mean, Square, Epsilon float32
}

// Trained is weights with their gradients and moments, equally many values.
type Trained struct {
	Weights, Gradients, M, V []float32
}

// adamValues is how many values a core takes at a time.
const adamValues = 1 << 15

// Step takes one where [Supports] float32: it changes weights and moments.
func (a Adam) Step(all []Trained) {
	var parts []Trained
	for _, t := range all {
		for n := len(t.Weights); n > 0; n = len(t.Weights) {
			n = min(n, adamValues)
			parts = append(parts, Trained{t.Weights[:n], t.Gradients[:n], t.M[:n], t.V[:n]})
			t = Trained{t.Weights[n:], t.Gradients[n:], t.M[n:], t.V[n:]}
		}
	}
	_ = cores.Each(context.Background(), len(parts), func(i int) error {
		a.step(parts[i], lanes())
		return nil
	})
}
