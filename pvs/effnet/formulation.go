package effnet

import "github.com/gomlx/compute"

// Formulation is how the graph writes the network's convolutions. All compute the same values
// within rounding; which is fast depends on the backend.
type Formulation int

const (
	// Convolutions uses the backend's convolutions: grouped ones for the depthwise layers.
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

// FormulationFor returns the fast formulation for a backend: slices on CPUs under XLA and on the
// pure-Go backend, which runs grouped convolutions slowly. Of an engine.Engine it is a field.
func FormulationFor(backend compute.Backend) Formulation {
	if OnCPU(backend) && backend.Name() != onnxRuntime {
		return Slices
	}
	return Convolutions
}

// OnCPU says whether a backend computes on this machine's CPU.
func OnCPU(backend compute.Backend) bool {
	if xla, ok := backend.(interface{ IsCPU() bool }); ok {
		return xla.IsCPU()
	}
	return backend.Name() == onnxRuntime || backend.Name() == pureGo
}

// The names that GoMLX's backends give themselves.
const (
	pureGo      = "Go Backend"
	onnxRuntime = "onnxruntime"
)
