package effnet

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Precision is the number format that the backbone's convolutions and activations are
// computed in. Weights stay float32 in all of them.
type Precision int

const (
	// Float32 computes everything in float32.
	Float32 Precision = iota
	// BFloat16 is mixed precision, as Keras's policy mixed_bfloat16 and PyTorch's
	// autocast have it: what convolutions take and give, activations and what is kept of
	// them for the gradient are bfloat16, with float32's range and 8 bits of precision.
	// Weights, all sums, BatchNorms, means over pixels and the features are float32.
	BFloat16
	// Float16 is inference in IEEE 754's half precision, 11 bits of precision and numbers up to
	// 65504, in package effnet/cpu's kernels; a [Config.Graph] has none.
	Float16
	// Int8 is inference in whole numbers of 8 bits on ONNX Runtime, which package
	// quantize builds; a [Config.Graph] has none.
	Int8
)

var precisions = map[Precision]string{Float32: "float32", BFloat16: "bfloat16", Float16: "float16", Int8: "int8"}

// String returns the format's name, "float32", "bfloat16", "float16" or "int8".
func (p Precision) String() string { return precisions[p] }

// MarshalText writes the name, for settings that are kept.
func (p Precision) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a name.
func (p *Precision) UnmarshalText(text []byte) error {
	for known, name := range precisions {
		if name == string(text) {
			*p = known
			return nil
		}
	}
	return fmt.Errorf("there is no precision %q: float32, bfloat16, float16 and int8 can be chosen", text)
}

// Check says what a backend lacks for a precision and what to do about it.
func (p Precision) Check(backend compute.Backend) error {
	if p.On(backend) == p {
		return nil
	}
	if p == Int8 {
		return fmt.Errorf("the backend %s has no int8: choose ONNX Runtime (of the command pvs: GOMLX_BACKEND=onnxruntime:cpu), or leave out --precision", backend.Name())
	}
	if p == Float16 {
		return fmt.Errorf("the backend %s has no float16, only own kernels on a processor with AVX512-FP16 (without GOMLX_BACKEND): leave out --precision", backend.Name())
	}
	return fmt.Errorf("the backend %s has no %s: choose XLA (of the command pvs: GOMLX_BACKEND=xla:cpu, xla:cuda or xla:tpu), or leave out --precision", backend.Name(), p)
}

// Trains says whether networks train in it.
func (p Precision) Trains() bool { return p == Float32 || p == BFloat16 }

// CheckTraining is Check for what trains.
func (p Precision) CheckTraining(backend compute.Backend) error {
	if !p.Trains() {
		return fmt.Errorf("nothing trains in %s: choose bfloat16, or leave out --precision", p)
	}
	return p.Check(backend)
}

// On returns the precision itself, or Float32 on a backend that lacks it. GoMLX's
// ONNX Runtime backend says that it has bfloat16, but computes it in float32
// throughout (compute-onnx, buffer.go).
func (p Precision) On(backend compute.Backend) Precision {
	if p == Int8 && backend.Name() != onnxRuntime {
		return Float32
	}
	if p == Float16 {
		return Float32
	}
	if p == BFloat16 && (backend.Name() == onnxRuntime || !backend.Capabilities().DTypes[dtypes.BFloat16]) {
		return Float32
	}
	return p
}

// narrow brings x to the format of convolutions and activations.
func (b *builder) narrow(x *graph.Node) *graph.Node {
	if b.opts.Precision == BFloat16 {
		return graph.ConvertDType(x, dtypes.BFloat16)
	}
	return x
}

// widen brings x to the format of weights, statistics and sums.
func (b *builder) widen(x *graph.Node) *graph.Node { return graph.ConvertDType(x, b.wide) }

// widened computes f in the format of sums and brings its value to that of activations.
func (b *builder) widened(x *graph.Node, f func(x *graph.Node) *graph.Node) *graph.Node {
	return b.narrow(f(b.widen(x)))
}
