package onnx_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/onnx"
)

// What is written is read: inputs and outputs without constants, names, versions, files beside it.
func TestRead(t *testing.T) {
	var m onnx.Model
	m.Input("photos", 2, 3, 0, 0)
	mean := m.Node("", "ReduceMean", []string{"photos"}, onnx.Ints("axes", 2, 3))
	m.Output(m.Node("", "Mul", []string{mean, m.Outside("factor", "weights.bin", 3)}), 2, 3)
	file := m.Bytes("test", 17)
	h, err := onnx.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(h.Inputs, h.Outputs); got != "[photos float32 [2, 3, any, any]] [Mul2 float32 [2, 3]]" {
		t.Error(got)
	}
	if h.IR != 9 || h.Opsets[""] != 17 || !slices.Equal(h.Inner, []string{mean, "Mul2"}) ||
		!slices.Equal(h.Outside, []onnx.External{{Tensor: "factor", File: "weights.bin"}}) {
		t.Errorf("%+v", h)
	}
	if h, err = onnx.Read(onnx.WithOutput(file, mean)); err != nil || len(h.Outputs) != 2 || h.Outputs[1].Name != mean {
		t.Errorf("%+v, %v", h, err)
	}
	for _, bad := range [][]byte{nil, []byte("text"), file[:len(file)/2]} {
		if _, err := onnx.Read(bad); !errors.Is(err, onnx.ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Any bytes are read or refused.
func FuzzRead(f *testing.F) {
	f.Add(scaled())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := onnx.Read(file)
		if (h == nil) == (err == nil) {
			t.Fatal("neither a header nor an error")
		}
	})
}
