package onnx_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	onnxruntime "github.com/gomlx/compute-onnx"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/internal/onnx"
)

func scaled() []byte {
	var m onnx.Model
	m.Input("x", 2, 3)
	factor := onnx.Constant(&m, []float32{1, 10, 100}, 3)
	product := m.Node("", "Mul", []string{"x", factor})
	m.Output(m.Node("", "ReduceMean", []string{product}, onnx.Ints("axes", 1), onnx.Int("keepdims", 0)), 2)
	return m.Bytes("weighted mean", 17)
}

// A model is written node by node; values are known by their names.
func Example() {
	fmt.Println(len(scaled()), "bytes")
	// Output: 254 bytes
}

// ONNX Runtime reads what is written, of each type and kind of attribute.
func TestRuns(t *testing.T) {
	b, _, err := backend.OpenNamed(context.Background(), "onnxruntime:cpu", func(string) {})
	if err != nil {
		t.Skip("ONNX Runtime cannot be had here: ", err)
	}
	check := func(file []byte, x []float32, dims []int, want []float32) {
		t.Helper()
		exec, err := onnxruntime.LoadModel(b, bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		in, err := b.BufferFromFlatData(0, x, shapes.Make(dtypes.Float32, dims...))
		if err != nil {
			t.Fatal(err)
		}
		outs, err := exec.Execute([]compute.Buffer{in}, []bool{false}, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(want))
		if err := outs[0].ToFlatData(got); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%v, want %v", got, want)
				break
			}
		}
	}
	check(scaled(), []float32{1, 1, 1, 3, 0, 0}, []int{2, 3}, []float32{37, 1})

	var m onnx.Model // bytes, whole numbers and a real attribute
	m.Input("x", 2, 2)
	scale, zero := onnx.Constant(&m, []float32{0.5}), onnx.Constant(&m, []uint8{10})
	q := m.Node("", "QuantizeLinear", []string{"x", scale, zero})
	x := m.Node("", "DequantizeLinear", []string{q, scale, zero})
	x = m.Node("", "Reshape", []string{x, onnx.Constant(&m, []int64{1, 4}, 2)})
	x = m.Node("", "LeakyRelu", []string{x}, onnx.Float("alpha", 0.5))
	offset := m.Node("", "DequantizeLinear", []string{onnx.Constant(&m, []int32{-4, 0, 0, 4}, 4), scale})
	x = m.Node("", "Add", []string{x, offset})
	gain := m.Node("", "DequantizeLinear", []string{onnx.Constant(&m, []int8{2, 2, -2, 2}, 4), scale})
	m.Output(m.Node("", "Mul", []string{x, gain}), 1, 4)
	check(m.Bytes("types", 17), []float32{-2, 0.26, 1, 1000}, []int{2, 2}, []float32{-3, 0.5, -1, 124.5})
}
