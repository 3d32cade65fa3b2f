package cpu

import (
	"fmt"
	"math"
)

// Adam is how a step of Keras's Adam is taken (keras/optimizers/adam.py): moments go Mean and Square
// of the way to the gradients and their squares, and weights lose Rate * m / (sqrt(v) + Epsilon).
type Adam struct {
	Rate, Mean, Square, Epsilon float32
}

// Trained is weights and their moments, equally many values, which steps change.
type Trained struct {
	Weights, M, V []float32
}

// Step takes one with the weights' gradients, as many as the weights and each of their moments.
func (a Adam) Step(gradients []float32, t Trained) error {
	if n := len(gradients); len(t.Weights) != n || len(t.M) != n || len(t.V) != n {
		return fmt.Errorf("a step of Adam with %d gradients cannot change %d weights with %d and %d moments", n, len(t.Weights), len(t.M), len(t.V))
	}
	a.stepWith(gradients, t, lanes())
	return nil
}

// stepWith takes a step of equally many with vectors of so many lanes; 0: without.
func (a Adam) stepWith(gradients []float32, t Trained, lanes int) {
	if lanes != 0 {
		a.step(gradients, t, lanes)
		return
	}
	for i, slope := range gradients {
		t.M[i] += (slope - t.M[i]) * a.Mean
		t.V[i] += (slope*slope - t.V[i]) * a.Square
		t.Weights[i] -= t.M[i] * a.Rate / (float32(math.Sqrt(float64(t.V[i]))) + a.Epsilon)
	}
}

// Fits says whether it has room for the gradients of so many values or, for a step, is as many weights and
// moments.
func (t Trained) Fits(size int, step bool) bool {
	return len(t.Weights) == size && (!step || len(t.M) == size && len(t.V) == size)
}
