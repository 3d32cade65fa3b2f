package cpu

import (
	"fmt"
	"math"
)

// Adam holds what a step of Keras's Adam needs (keras/optimizers/adam.py), with gradients g:
//
//	m += (g - m) * OneMinusBeta1
//	v += (g*g - v) * OneMinusBeta2
//	weight -= StepSize * m / (sqrt(v) + Epsilon)
//
// StepSize is the learning rate times Adam's bias corrections, sqrt(1 - beta2^t) / (1 - beta1^t) in step t.
type Adam struct {
	StepSize, OneMinusBeta1, OneMinusBeta2, Epsilon float32
}

// Trained is weights and their two moments, equally many values, which a step changes.
type Trained struct {
	Weights, M, V []float32
}

// Step takes a step with the weights' gradients, as many as the weights and as each of their moments; other lengths
// are an error.
func (a Adam) Step(gradients []float32, t Trained) error {
	if n := len(gradients); len(t.Weights) != n || len(t.M) != n || len(t.V) != n {
		return fmt.Errorf("a step of Adam with %d gradients cannot change %d weights with %d and %d moments",
			n, len(t.Weights), len(t.M), len(t.V))
	}
	a.stepWith(gradients, t, lanes())
	return nil
}

// stepWith takes a step of equally many values with vectors of so many lanes; 0: in plain Go.
func (a Adam) stepWith(gradients []float32, t Trained, lanes int) {
	if lanes != 0 {
		a.step(gradients, t, lanes)
		return
	}
	for i, g := range gradients {
		t.M[i] += (g - t.M[i]) * a.OneMinusBeta1
		t.V[i] += (g*g - t.V[i]) * a.OneMinusBeta2
		t.Weights[i] -= t.M[i] * a.StepSize / (float32(math.Sqrt(float64(t.V[i]))) + a.Epsilon)
	}
}

// Fits says whether it has so many weights and, for a step, as many of each moment.
func (t Trained) Fits(size int, step bool) bool {
	return len(t.Weights) == size && (!step || len(t.M) == size && len(t.V) == size)
}
