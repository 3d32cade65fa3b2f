//go:build cgo && amd64

package native

import "github.com/gopvs/product-visual-search/pvs/effnet"

// Lanes are those of this processor's vectors and, since it can all that lesser ones can, of
// theirs.
func Lanes() []int {
	switch lanes() {
	case 16:
		return []int{8, 16}
	case 8:
		return []int{8}
	}
	return nil
}

// NewTrainingFor is NewTraining for vectors of so many lanes.
func NewTrainingFor(config effnet.Config, size int, opts TrainingOptions, lanes int) (*Training, error) {
	return newTraining(config, size, opts, lanes)
}

// Kept is how many bytes it keeps of so many images.
func (t *Training) Kept(images int) int64 { return 4 * int64(t.k.kept(images, t.first)) }

// NewHalf builds a network in float16.
func NewHalf(config effnet.Config, values map[string][]float32, size int) (*Network, error) {
	return newNetwork(config, values, size, 16, true)
}

// NewFor builds a network for vectors of so many lanes.
func NewFor(config effnet.Config, values map[string][]float32, size, lanes int) (*Network, error) {
	return newNetwork(config, values, size, lanes, false)
}

// NewDenseFor makes a layer for vectors of so many lanes.
func NewDenseFor(in, out, lanes int) (*Dense, error) { return newDense(in, out, lanes) }

// StepFor takes a step of Adam with vectors of so many lanes.
func (a Adam) StepFor(gradients []float32, t Trained, lanes int) { a.stepWith(gradients, t, lanes) }
