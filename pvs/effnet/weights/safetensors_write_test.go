package weights

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
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
