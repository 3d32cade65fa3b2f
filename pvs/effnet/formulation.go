package effnet

import (
	"strings"

	"github.com/gomlx/compute"
)

// Formulation is a way to write the network's convolutions. All give the same
// values within rounding; which is fast depends on the backend.
type Formulation int

const (
	// Convolutions uses the backend's own: grouped ones for the depthwise layers.
	// Fast on ONNX Runtime and on GPUs.
	Convolutions Formulation = iota
	// Slices writes depthwise convolutions as sums of shifted slices and pointwise
	// ones as matrix products: three times as fast on XLA's CPU backend.
	Slices
)

// String returns the formulation's name.
func (f Formulation) String() string {
	if f == Slices {
		return "slices"
	}
	return "convolutions"
}

// FormulationFor returns the fast formulation for a backend.
func FormulationFor(backend compute.Backend) Formulation {
	if backend.Name() == "xla" && strings.Contains(strings.ToLower(backend.Description()), "cpu") {
		return Slices
	}
	return Convolutions
}
