package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// device stands in for a backend of another name, place and number of devices.
type device struct {
	compute.Backend
	name string
	cpu  bool
	n    int
}

func (d device) Name() string                               { return d.name }
func (d device) NumDevices() int                            { return d.n }
func (d device) IsCPU() bool                                { return d.cpu }
func (d device) DeviceDescription(compute.DeviceNum) string { return "H200" }

func backends(t *testing.T) (pure, xla, cuda, onnx compute.Backend) {
	t.Helper()
	pure, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	return pure, device{pure, "xla", true, 4}, device{pure, "xla", false, 8}, device{pure, "onnxruntime", true, 1}
}

// The whole decision, on a processor with the fused CPU kernels and on one without.
func TestChoose(t *testing.T) {
	pure, xla, cuda, onnx := backends(t)
	fused := map[bool]string{true: "fused CPU kernels"}
	f32 := cpu.Supports(effnet.Float32)
	or := func(has bool, graph string) string {
		if has {
			return fused[true]
		}
		return graph
	}
	for i, c := range []struct {
		r    Request
		want string // the engine and its precision
		err  error
	}{
		// Who passes a backend gets it.
		{Request{Backend: pure}, "Go Backend float32", nil},
		{Request{Backend: xla}, "xla:cpu float32", nil},
		{Request{Backend: onnx}, "onnxruntime:cpu float32", nil},
		{Request{Backend: xla, Training: true}, "xla:cpu float32", nil},
		{Request{Backend: cuda, Training: true, Devices: 8}, "xla, H200 float32", nil},
		// The fastest is the fused CPU kernels on the CPU, and the graph elsewhere.
		{Request{Backend: pure, Wish: Fastest}, or(f32, "Go Backend") + " float32", nil},
		{Request{Backend: xla, Wish: Fastest, Training: true}, or(f32, "xla:cpu") + " float32", nil},
		{Request{Backend: onnx, Wish: Fastest}, or(f32, "onnxruntime:cpu") + " float32", nil},
		{Request{Backend: cuda, Wish: Fastest}, "xla, H200 float32", nil},
		{Request{Backend: xla, Wish: Fastest, Precision: effnet.BFloat16}, "xla:cpu bfloat16", nil},
		{Request{Backend: onnx, Wish: Fastest, Precision: effnet.Int8}, "onnxruntime:cpu int8", nil},
		// A Siamese head and several devices train as a graph.
		{Request{Backend: xla, Wish: Fastest, Training: true, Siamese: true}, "xla:cpu float32", nil},
		{Request{Backend: xla, Wish: Fastest, Training: true, Devices: 2}, "xla:cpu float32", nil},
		{Request{Backend: xla, Wish: Fused, Training: true, Siamese: true}, "xla:cpu float32", nil},
		{Request{Backend: xla, Wish: Fused, Training: true, Devices: 2}, "", ErrNoFused},
		// An interrupted run resumes on its graph, where that is the one of this backend.
		{Request{Backend: xla, Wish: Fastest, Before: "xla:cpu"}, "xla:cpu float32", nil},
		{Request{Backend: xla, Wish: Fastest, Before: "Go Backend"}, or(f32, "xla:cpu") + " float32", nil},
		// Precisions that are lacking.
		{Request{Backend: onnx, Precision: effnet.BFloat16}, "", effnet.ErrNoBFloat16},
		{Request{Backend: onnx, Precision: effnet.BFloat16, OrFloat32: true}, "onnxruntime:cpu float32", nil},
		{Request{Backend: onnx, Precision: effnet.BFloat16, OrFloat32: true, Wish: Fastest},
			or(f32, "onnxruntime:cpu") + " float32", nil},
		{Request{Backend: xla, Precision: effnet.Float16}, "", effnet.ErrNoFloat16},
		{Request{Backend: xla, Precision: effnet.Int8, Wish: Fastest}, "", effnet.ErrNoInt8},
		{Request{Backend: onnx, Precision: effnet.Int8, Wish: Fused}, "", ErrNoFused},
		{Request{Backend: xla, Precision: effnet.Float16, Training: true}, "", ErrInferenceOnly},
		{Request{Backend: onnx, Precision: effnet.Int8, Training: true}, "", ErrInferenceOnly},
		// Devices that there are not.
		{Request{Backend: xla, Devices: 5}, "", ErrDevices},
		{Request{Backend: xla, Devices: 5, Siamese: true}, "", ErrDevices},
		{Request{Backend: xla, Devices: -1}, "", ErrDevices},
	} {
		e, err := Choose(c.r)
		if c.err != nil {
			if !errors.Is(err, c.err) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "--") {
				t.Errorf("%d: %v, want %v", i, err, c.err)
			}
			continue
		}
		if got := fmt.Sprint(e, " ", e.Precision); err != nil || got != c.want || e.Devices != max(1, c.r.Devices) {
			t.Errorf("%d: %s on %d devices, %v; want %s", i, got, e.Devices, err, c.want)
		}
		if again, err := e.Again(func(r *Request) { r.Wish = c.r.Wish }); err != nil || c.r.Before == "" && again != e {
			t.Errorf("%d: chosen again it is %+v, %v", i, again, err)
		}
	}
	if _, err := Choose(Request{}); err == nil {
		t.Error("an engine without a backend")
	}
}

// What int8 and the fused kernels are in: each kind with its batch, parts and processor.
func TestKinds(t *testing.T) {
	pure, _, _, onnx := backends(t)
	for _, c := range []struct {
		r    Request
		kind Kind
	}{{Request{Backend: pure}, Graph}, {Request{Backend: onnx, Precision: effnet.Int8}, Int8},
		{Request{Backend: pure, Wish: Fused}, FusedCPU}} {
		e, err := Choose(c.r)
		if c.kind == FusedCPU && !cpu.Supports(effnet.Float32) {
			if !errors.Is(err, ErrNoFused) {
				t.Error(err)
			}
			continue
		}
		if err != nil || e.Kind != c.kind || (e.Parts() > 0) != (c.kind == FusedCPU) ||
			(e.Processor() != "") != (c.kind == FusedCPU) || e.Batch() < 8 {
			t.Errorf("%+v, %v: %d parts, processor %q, batch %d", e, err, e.Parts(), e.Processor(), e.Batch())
		}
	}
}

// Some checkpoints name the fused CPU kernels "own kernels".
func TestCanonical(t *testing.T) {
	for old, now := range map[string]string{"own kernels": fused, fused: fused, "xla:cpu": "xla:cpu", "": ""} {
		if got := Canonical(old); got != now {
			t.Errorf("%q is %q", old, got)
		}
	}
}

func ExampleChoose() {
	b, err := gobackend.New("")
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := Choose(Request{Backend: b, Precision: effnet.BFloat16})
	fmt.Println(e.Describe(), err)
	_, err = Choose(Request{Backend: b, Precision: effnet.Int8})
	fmt.Println(err)
	// Output:
	// Go Backend in bfloat16 <nil>
	// the backend Go Backend has no int8: ONNX Runtime has it
}
