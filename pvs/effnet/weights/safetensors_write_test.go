package weights

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestWriteSafetensors(t *testing.T) {
	tensors := map[string]Tensor{
		"b/kernel": {Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}},
		"a":        {Shape: []int{1}, Data: []float32{-0.5}},
		"none":     {Shape: []int{0}, Data: []float32{}},
	}
	metadata := map[string]string{"format": "pt", "note": "a \"quoted\" text"}
	var out, again bytes.Buffer
	if err := WriteSafetensors(&out, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	if err := WriteSafetensors(&again, tensors, metadata); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Error("the same tensors make another file")
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path)
	if err != nil || !reflect.DeepEqual(f.Tensors, tensors) || !reflect.DeepEqual(f.Metadata, metadata) {
		t.Errorf("got %+v, %v", f, err)
	}
	if err := WriteSafetensors(&out, map[string]Tensor{"x": {Shape: []int{2}, Data: []float32{1}}}, nil); err == nil {
		t.Error("a shape that does not fit must be refused")
	}
}

// Whatever the length of its header, a file is known as what it is: that of 896 bytes begins as a pickle does.
func TestLengthsOfHeaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	for n := range 190 {
		var out bytes.Buffer
		note := map[string]string{"note": strings.Repeat("x", 8*n)}
		if err := WriteSafetensors(&out, map[string]Tensor{"x": {Shape: []int{1}, Data: []float32{7}}}, note); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		if f, err := Read(path); err != nil || f.Tensors["x"].Data[0] != 7 {
			t.Errorf("a header of %d bytes: %v", le.Uint64(out.Bytes()), err)
		}
	}
}

// float16 rounds to the nearest of its values, and is read again.
func TestWriteFloat16(t *testing.T) {
	var out bytes.Buffer
	values := []float32{1, -0.5, 1 + 1.0/4096, 0.1, 0}
	err := WriteFloat16(&out, map[string]Tensor{"x": {Shape: []int{5}, Data: values}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tensors, _, err := parseSafetensors(out.Bytes())
	if want := []float32{1, -0.5, 1, 0.099975586, 0}; err != nil || !reflect.DeepEqual(tensors["x"].Data, want) {
		t.Errorf("got %v, %v, want %v", tensors["x"].Data, err, want)
	}
}
