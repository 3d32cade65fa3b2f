package native

// Adam is how a step of Keras's Adam is taken (keras/optimizers/adam.py): moments go Mean and Square
// of the way to the gradients and their squares, and weights lose Rate * m / (sqrt(v) + Epsilon).
type Adam struct {
	Rate, Mean, Square, Epsilon float32
}

// Trained is weights and their moments, equally many values, which steps change.
type Trained struct {
	Weights, M, V []float32
}

// Step takes one with the weights' gradients, where [Supports] float32.
func (a Adam) Step(gradients []float32, t Trained) { a.step(gradients, t, lanes()) }
