package backbone

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/onnx"
)

func contains(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }

// network is a model whose input has these dimensions, with an output of what make adds to it.
func network(dims []int, make func(m *onnx.Model, x string)) []byte {
	var m onnx.Model
	m.Input("photos", dims...)
	make(&m, "photos")
	return m.Bytes("test", 17)
}

// reduced is the mean over some axes as an output.
func reduced(name string, dims []int, axes ...int) func(m *onnx.Model, x string) {
	return func(m *onnx.Model, x string) {
		m.Output(m.Node("", "ReduceMean", []string{x}, onnx.Ints("axes", axes...), onnx.Int("keepdims", 0)), dims...)
	}
}

// Files that are no network of photos are refused with one sentence that says why.
func TestBadFiles(t *testing.T) {
	flat := reduced("v", []int{2, 3}, 2, 3)
	data, err := os.ReadFile(tinyFile)
	if err != nil {
		t.Fatal(err)
	}
	settings := Settings{Normalise: Unit}
	newer := network([]int{2, 3, 8, 8}, flat)
	newer[1] = 99 // the first field is the format's version
	for name, c := range map[string]struct {
		file []byte
		s    Settings
		want string
		is   error
	}{
		"empty":     {nil, settings, "is no ONNX model", ErrFile},
		"text":      {[]byte("no network, but a text of some length"), settings, "is no ONNX model", ErrFile},
		"cut":       {data[:len(data)/2], settings, "is no ONNX model", ErrFile},
		"a picture": {append([]byte("\x89PNG\r\n\x1a\n"), data...), settings, "is no ONNX model", ErrFile},
		"two inputs": {func() []byte {
			var m onnx.Model
			m.Input("pixel_values", 2, 3, 8, 8)
			m.Input("mask", 2, 3, 8, 8)
			m.Output(m.Node("", "Add", []string{"pixel_values", "mask"}), 2, 3, 8, 8)
			return m.Bytes("test", 17)
		}(), settings, "takes 2 inputs (pixel_values float32 [2, 3, 8, 8], mask float32 [2, 3, 8, 8]), where a network of " +
			"photos takes one", ErrFile},
		"tokens in": {network([]int{2, 77}, reduced("v", []int{2}, 1)), settings, "takes photos float32 [2, 77], which is " +
			"no batch of photos", ErrFile},
		"grey":   {network([]int{2, 1, 8, 8}, flat), settings, "photos have 3 channels", ErrFile},
		"oblong": {network([]int{2, 3, 8, 16}, flat), settings, "padded to squares", ErrFile},
		"any size": {network([]int{2, 3, 0, 0}, flat), settings, "takes photos of any size, and nothing says which",
			ErrSettings},
		"one size": {network([]int{2, 3, 8, 8}, flat), Settings{Normalise: Unit, Pixels: 16},
			"8 pixels a side and no other, but 16", ErrSettings},
		"no values": {network([]int{2, 3, 8, 8}, flat), Settings{}, "nothing says how photos are normalised", ErrSettings},
		"detections": {network([]int{2, 3, 8, 8}, func(m *onnx.Model, x string) {
			m.Output(m.Node("", "Reshape", []string{x, onnx.Constant(m, []int64{2, 32, 6}, 3)}), 2, 32, 6)
		}), settings, "is 32 rows of 6 values a photo, not one vector: if they are tokens, name it as", ErrSettings},
		"masks": {network([]int{2, 3, 8, 8}, func(m *onnx.Model, x string) {
			m.Output(m.Node("", "Relu", []string{x}), 2, 3, 8, 8)
		}), settings, "is a map of 3 x 8 x 8 values a photo, not one vector", ErrSettings},
		"one vector for all": {network([]int{2, 3, 8, 8}, reduced("v", []int{3}, 0, 2, 3)), settings,
			"has the shape 3 for 2 photos", ErrSettings},
		"a number": {network([]int{2, 3, 8, 8}, reduced("v", []int{2}, 1, 2, 3)), settings, "has the shape 2", ErrSettings},
		"a class": {network([]int{2, 3, 8, 8}, func(m *onnx.Model, x string) {
			y := m.Node("", "ReduceMean", []string{x}, onnx.Ints("axes", 2, 3), onnx.Int("keepdims", 0))
			m.Output(m.Node("", "ArgMax", []string{y}, onnx.Int("axis", 1)), 2, 1)
		}), settings, "Type Error", ErrFile}, // declared float32, which it is not
		"not finite": {network([]int{2, 3, 8, 8}, func(m *onnx.Model, x string) {
			y := m.Node("", "ReduceMean", []string{x}, onnx.Ints("axes", 2, 3), onnx.Int("keepdims", 0))
			m.Output(m.Node("", "Div", []string{y, onnx.Constant(m, []float32{0})}), 2, 3)
		}), settings, "is not finite", ErrSettings},
		"two outputs": {network([]int{2, 3, 8, 8}, func(m *onnx.Model, x string) { flat(m, x); flat(m, x) }), settings,
			"has 2 outputs, and nothing says which one", ErrSettings},
		"another batch": {network([]int{3, 3, 8, 8}, flat), settings, "", nil},
		"newer operations": {func() []byte {
			var m onnx.Model
			m.Input("photos", 2, 3, 8, 8)
			flat(&m, "photos")
			return m.Bytes("test", 99)
		}(), settings, "has operations of version 99, and ONNX Runtime", ErrFile},
		"newer format": {newer, settings, "is in version 99 of the format, and ONNX Runtime", ErrFile},
		"unknown operation": {network([]int{2, 3, 8, 8}, func(m *onnx.Model, x string) {
			m.Output(m.Node("", "Frobnicate", []string{x}), 2, 3)
		}), settings, "needs the operation Frobnicate, which ONNX Runtime", ErrFile},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "net.onnx")
			if err := os.WriteFile(file, c.file, 0o644); err != nil {
				t.Fatal(err)
			}
			n, err := Open(file, c.s, Options{Library: library(t), Batch: 2})
			if err == nil {
				n.Close()
				t.Fatalf("was opened: %s", n.Describe())
			}
			t.Log(err)
			if c.want == "" { // a file of batches of 3
				c.want, c.is = "takes batches of 3 photos and no others, but 2", ErrSettings
			}
			if !contains(err, c.want) || !errors.Is(err, c.is) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Weights beside a file are part of its digest; they must be there, and below its folder.
func TestWeightsBeside(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "net.onnx")
	model := func(location string) {
		t.Helper()
		if err := os.WriteFile(file, outside(location), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(factor byte) {
		t.Helper()
		weights := bytes.Repeat([]byte{0, 0, factor, 0x3f}, 3)
		if err := os.WriteFile(filepath.Join(dir, "weights.bin"), weights, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	opened := func() (*Network, error) { return Open(file, Settings{Normalise: Unit}, Options{Library: library(t)}) }
	model("weights.bin")
	if _, err := opened(); !contains(err, "weights (factor first) in weights.bin, which is not beside it") {
		t.Errorf("got %v", err)
	}
	var digests []string
	for _, factor := range []byte{0x80, 0x00} { // 1, 0.5
		read(factor)
		n, err := opened()
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, 3)
		if err := n.Embed(bytesOf(255, n.InputLen()), 1, out); err != nil {
			t.Fatal(err)
		}
		want := map[byte]float32{0x80: 1, 0: 0.5}[factor]
		if !near(out, []float32{want, want, want}) {
			t.Errorf("%v, want %g", out, want)
		}
		n.Close()
		digests = append(digests, n.Origin().Weights)
	}
	if digests[0] == digests[1] {
		t.Error("other weights have the same digest")
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.bin"), []byte{1}, 0o644); err != nil {
		t.Fatal(err)
	}
	if n, err := opened(); err == nil {
		n.Close()
		t.Error("weights that are cut were taken")
	} else if !contains(err, "in the files beside it are cut (factor)") {
		t.Error(err)
	}
	for _, location := range []string{"../weights.bin", "/etc/passwd"} {
		model(location)
		if _, err := opened(); !contains(err, "is not below its folder") {
			t.Errorf("got %v", err)
		}
	}
}

// outside is the mean colour times weights that are in another file.
func outside(location string) []byte {
	return network([]int{2, 3, 8, 8}, func(m *onnx.Model, x string) {
		mean := m.Node("", "ReduceMean", []string{x}, onnx.Ints("axes", 2, 3), onnx.Int("keepdims", 0))
		m.Output(m.Node("", "Mul", []string{mean, m.Outside("factor", location, 3)}), 2, 3)
	})
}

func bytesOf(value float32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = value
	}
	return out
}
