package effnet

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Precision is the number format that the backbone's convolutions and activations are computed
// in. Weights stay float32 in all of them. Which engine has which: package engine.
type Precision int

const (
	// Float32 computes everything in float32.
	Float32 Precision = iota
	// BFloat16 is mixed precision, as Keras's policy mixed_bfloat16 and PyTorch's autocast:
	// inputs and outputs of convolutions, activations and what is saved of them for backward are
	// bfloat16, with float32's range and 8 bits of precision. Weights, all sums, BatchNorms,
	// means over pixels and the features are float32.
	BFloat16
	// Float16 is inference in IEEE 754's binary16, with 11 bits of precision and numbers up to
	// 65504, in the fused CPU kernels (package effnet/cpu); a [Config.Graph] has none.
	Float16
	// Int8 is inference in int8 on ONNX Runtime (package int8); a [Config.Graph] has none.
	Int8
)

var precisions = map[Precision]string{Float32: "float32", BFloat16: "bfloat16", Float16: "float16", Int8: "int8"}

// String returns the format's name, "float32", "bfloat16", "float16" or "int8".
func (p Precision) String() string { return precisions[p] }

// MarshalText writes the name, for settings that are saved.
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

// What a backend lacks, for [errors.Is].
var (
	ErrNoInt8     = errors.New("has no int8: ONNX Runtime has it")
	ErrNoFloat16  = errors.New("has no float16: the fused CPU kernels have it, on a processor with AVX512-FP16")
	ErrNoBFloat16 = errors.New("has no bfloat16: XLA has it")
)

// Check says whether a graph on the backend computes in the precision (of int8, package int8's
// model). GoMLX's ONNX Runtime backend says that it has bfloat16, but computes it in float32
// throughout (compute-onnx, buffer.go).
func (p Precision) Check(backend compute.Backend) error {
	var lack error
	switch onnx := backend.Name() == onnxRuntime; {
	case p == Int8 && !onnx:
		lack = ErrNoInt8
	case p == Float16:
		lack = ErrNoFloat16
	case p == BFloat16 && (onnx || !backend.Capabilities().DTypes[dtypes.BFloat16]):
		lack = ErrNoBFloat16
	default:
		return nil
	}
	return fmt.Errorf("the backend %s %w", backend.Name(), lack)
}

// Trains says whether networks train in it.
func (p Precision) Trains() bool { return p == Float32 || p == BFloat16 }

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
