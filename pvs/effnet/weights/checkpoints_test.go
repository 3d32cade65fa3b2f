package weights

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Checkpoints as training programs save them (testdata/checkpoints.py): the weights are
// found among epochs, optimizers and arguments, and it is said which of several were
// taken; what is no dictionary of weights is named. Wanted weights are 1, others 2.
func TestCheckpoints(t *testing.T) {
	taken := map[string]string{
		"bare": "", "bare_legacy": "", "dict": "", "protocol4": "", "parameters": "", "swa": "",
		"state_dict": "those of state_dict", "state_dict_legacy": "those of state_dict",
		"model_state_dict": "those of model_state_dict", "model": "those of model",
		"state_dict_ema": "state_dict_ema was taken, not state_dict", "model_ema": "model_ema was taken, not model",
		"two_deep":   "those of state_dict, in it model",
		"other_name": "those of generator", "lightning": "those of state_dict",
		"whole_beside": "state_dict was taken, not model_ema",
	}
	refused := map[string]string{
		"list":   "does not hold a dictionary of tensors: save the weights with torch.save(model.state_dict(), FILE)",
		"tensor": "does not hold a dictionary", "nothing": "does not hold a dictionary",
		"pickle": "a pickle, but not one of torch.save", "script": "TorchScript archive",
		"whole": "it is a whole module, pickled (torch.nn.modules.container.Sequential), which only the code of " +
			"its class can read: load it there and save its state_dict",
		"whole_parallel": "(torch.nn.parallel.data_parallel.DataParallel)",
		"whole_entry":    "its entry model is a whole module",
	}
	files, err := filepath.Glob("testdata/checkpoints/*.pth")
	if err != nil || len(files) != len(taken)+len(refused) {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".pth")
		f, err := Read(file)
		if say := refused[name]; say != "" {
			if err == nil || !strings.Contains(err.Error(), say) || strings.Contains(err.Error(), "fetch it again") {
				t.Errorf("%s: got %v, want %q", name, err, say)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		notes := strings.Join(f.Notes, "\n")
		if say := taken[name]; !strings.Contains(notes, say) || say == "" && notes != "" {
			t.Errorf("%s: said %q, want %q", name, notes, say)
		}
		found := 0
		for n, tensor := range f.Tensors {
			if strings.HasSuffix(n, "conv.weight") || strings.HasSuffix(n, "bn.running_var") {
				found++
				want := []float32{1, 1}
				if name == "swa" { // which is of the network itself
					want = tensor.Data
				}
				if !slices.Equal(tensor.Data, want) {
					t.Errorf("%s: %s is %v", name, n, tensor.Data)
				}
			}
		}
		if found != 2 {
			t.Errorf("%s: it has %v", name, slices.Collect(maps.Keys(f.Tensors)))
		}
	}
}

// miniTorch has the miniature's weights under a scheme's names, in PyTorch's layout.
func miniTorch(t *testing.T, c effnet.Config, s scheme) (map[string]Tensor, *Weights) {
	t.Helper()
	w, err := Load("../testdata/keras_efficientnet_mini_notop.h5", c)
	if err != nil {
		t.Fatal(err)
	}
	names := s.of(c)
	out := map[string]Tensor{}
	for _, v := range c.Variables() {
		tensor := Tensor{Shape: v.Shape, Data: w.Values[v.Name]}
		switch {
		case len(v.Shape) == 4 && v.Shape[3] == 1:
			tensor = tensor.transpose([]int{2, 3, 0, 1})
		case len(v.Shape) == 4:
			tensor = tensor.transpose([]int{3, 2, 0, 1})
		}
		out[names[v.Name]] = tensor
		if counter, ok := strings.CutSuffix(names[v.Name], ".running_mean"); ok {
			out[counter+".num_batches_tracked"] = Tensor{Data: []float32{7}}
		}
	}
	return out, w
}

// A prefix that all names share is left out, whatever it is, and said.
func TestPrefixes(t *testing.T) {
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range schemes {
		if !s.torch {
			continue
		}
		plain, want := miniTorch(t, c, s)
		for _, prefix := range []string{"", "module.", "model.", "_orig_mod.", "backbone.", "module.model.",
			"model.module._orig_mod.", "net.encoder.0."} {
			tensors := map[string]Tensor{}
			for name, tensor := range plain {
				tensors[prefix+name] = tensor
			}
			if prefix == "module." {
				tensors["n_averaged"] = Tensor{Data: []float32{3}}
			}
			f := &File{Path: "w.pth", Format: "PyTorch", Tensors: tensors}
			got, err := f.For(c)
			if err != nil {
				t.Errorf("%s, %q: %v", s.name, prefix, err)
				continue
			}
			if !maps.EqualFunc(got.Values, want.Values, slices.Equal[[]float32]) {
				t.Errorf("%s, %q: other values", s.name, prefix)
			}
			said := strings.Join(got.Notes, "")
			if (said == "") != (prefix == "") || prefix != "" &&
				!strings.Contains(said, fmt.Sprintf("%q, which was left out", prefix)) {
				t.Errorf("%s, %q: said %q", s.name, prefix, said)
			}
			if is, err := Identify(f); err != nil || is.Name != c.Name {
				t.Errorf("%s, %q: identified as %v, %v", s.name, prefix, is.Name, err)
			}
		}
		// Two networks: a moving average goes before what it is of; else the user must say.
		two := func(a, b string) *File {
			tensors := map[string]Tensor{}
			for name, tensor := range plain {
				tensors[a+name] = Tensor{Shape: tensor.Shape, Data: make([]float32, len(tensor.Data))}
				tensors[b+name] = tensor
			}
			return &File{Path: "w.pth", Format: "safetensors", Tensors: tensors}
		}
		got, err := two("model.", "model_ema.module.").For(c)
		if err != nil || !maps.EqualFunc(got.Values, want.Values, slices.Equal[[]float32]) ||
			!strings.Contains(got.Notes[0], `"model_ema.module." was taken, not "model."`) {
			t.Errorf("%s: a network and its average: %v", s.name, err)
		}
		if _, err := two("student.", "teacher.").For(c); err == nil ||
			!strings.Contains(err.Error(), `holds 2 networks, whose names start with "student.", "teacher."`) {
			t.Errorf("%s: two networks: %v", s.name, err)
		}
		// What does not share the prefix is left over.
		f := two("model.", "model.")
		f.Tensors["head.weight"] = Tensor{Shape: []int{1}, Data: []float32{1}}
		if _, err := f.For(c); err == nil || !strings.Contains(err.Error(), "head.weight has no place") {
			t.Errorf("%s: a name without the prefix: %v", s.name, err)
		}
	}
}

// Files that hold no weights are named, with what to do.
func TestOtherKinds(t *testing.T) {
	for _, c := range []struct{ name, text, say string }{
		{"LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 9\n", "git lfs pull"},
		{"page", "\n<!DOCTYPE html>\n<html></html>", "a web page"},
		{"page in capitals", "<HTML><BODY>Sign in</BODY></HTML>", "a web page"},
		{"answer", `{"error": "Repository not found"}`, "it is JSON"},
		{"index", `{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}`, "a model in several files"},
		{"tar", strings.Repeat("\x00", 257) + "ustar\x0000" + strings.Repeat("\x00", 248), "a tar archive"},
		{"gzip", "\x1f\x8b\x08rest", "compressed: unpack it"},
		{"ONNX", "\x08\x07\x12\x07pytorch\x1a\x051.8.0", "an ONNX model"},
		{"array", "\x93NUMPY\x01\x00v\x00{", "one array of numpy"},
		{"lite", "\x1c\x00\x00\x00TFL3rest", "a TensorFlow Lite model"},
		{"text", "these are no weights at all", "none of Keras .h5, safetensors and PyTorch .pth"},
	} {
		path := filepath.Join(t.TempDir(), "w.pth")
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), c.say) ||
			!strings.Contains(err.Error(), "w.pth") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.say)
		}
	}
}
