package engine

import (
	"fmt"
	"runtime"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Kind is what computes a network.
type Kind int

const (
	// Graph is the network's graph, compiled and run by the backend.
	Graph Kind = iota
	// FusedCPU is package effnet/cpu: float32, forward and backward, and float16, forward. Heads
	// that it does not compute are graphs on the backend.
	FusedCPU
	// Int8 is package effnet/int8's model on ONNX Runtime. Heads are graphs on the backend.
	Int8
)

// fused names the fused CPU kernels in logs, checkpoints and the origins of vectors.
const fused = "fused CPU kernels"

// Engine is what computes a network, as [Choose] decided. It can be compared by ==. The zero
// value is no engine.
type Engine struct {
	Backend     compute.Backend    // runs graphs: the network's, or those of heads
	Kind        Kind               // of the network
	Precision   effnet.Precision   // of the backbone; heads are float32
	Formulation effnet.Formulation // of convolutions in graphs on the backend
	Devices     int                // of the backend, which take a training step in parallel; at least 1

	request Request // that it was chosen for
}

// IsZero says whether it is no engine.
func (e Engine) IsZero() bool { return e.Backend == nil }

// String names the engine in checkpoints and in the origin of vectors: "fused CPU kernels", or the
// backend with its device, "xla:cpu".
func (e Engine) String() string {
	switch {
	case e.IsZero():
		return "no engine"
	case e.Kind == FusedCPU:
		return fused
	}
	return nameOf(e.Backend)
}

// Describe is String for people: with the precision, the devices, and what is known of the backend.
func (e Engine) Describe() string {
	if e.IsZero() {
		return e.String()
	}
	backend := e.request.Name
	if backend == "" {
		backend = nameOf(e.Backend)
	}
	if e.Kind == FusedCPU {
		return fmt.Sprintf("the %s in %s; what they lack runs on %s", fused, e.Precision, backend)
	}
	text := fmt.Sprintf("%s in %s", backend, e.Precision)
	if e.Devices > 1 {
		text += fmt.Sprintf(", on %d devices", e.Devices)
	}
	return text
}

// nameOf is a backend's name with its device.
func nameOf(b compute.Backend) string {
	switch xla, ok := b.(interface{ IsCPU() bool }); {
	case ok && xla.IsCPU():
		return b.Name() + ":cpu"
	case ok && b.Name() == "xla":
		return b.Name() + ", " + b.DeviceDescription(0)
	}
	return b.Name()
}

// Canonical returns what String says of an engine that a checkpoint names: some checkpoints have the
// fused CPU kernels' first name, "own kernels".
func Canonical(name string) string {
	if name == "own kernels" {
		return fused
	}
	return name
}

// Batch is a batch size that keeps the engine busy: 8, and for the fused CPU kernels, which compute
// each image on one core, at least two images a core. It does not look at the memory that is free.
func (e Engine) Batch() int {
	if e.Kind == FusedCPU {
		return max(8, 2*runtime.GOMAXPROCS(0))
	}
	return 8
}

// Parts is the number of parts that a training step cuts a batch into, each with its own partial
// sums: one for each core in the fused CPU kernels; 0: the engine does not cut batches.
func (e Engine) Parts() int {
	if e.Kind == FusedCPU {
		return runtime.GOMAXPROCS(0)
	}
	return 0
}

// Processor names the property of the processor that the engine's sums depend on: [cpu.Processor]
// for the fused CPU kernels; "": none is known.
func (e Engine) Processor() string {
	if e.Kind == FusedCPU {
		return cpu.Processor()
	}
	return ""
}
