package weights

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// miniH5 is a real file, for the fuzzers to start from.
func miniH5(t testing.TB) []byte {
	data, err := os.ReadFile("../testdata/keras_efficientnet_mini_notop.h5")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// safetensors builds a file from a header and a body.
func safetensors(header string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), body...)
}

const oneTensor = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`

func TestHostileFiles(t *testing.T) {
	h5 := miniH5(t)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "empty"},
		{"text", []byte("these are no weights at all"), "none of"},
		{"h5 cut off", h5[:len(h5)/2], "cut off"},
		{"h5 header only", h5[:20], "cut off"},
		{"safetensors with a huge header", append(binary.LittleEndian.AppendUint64(nil, 1<<60), '{'), "cut off"},
		{"safetensors cut off", safetensors(oneTensor, make([]byte, 4)), "cut off"},
		{"safetensors with a huge shape",
			safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, make([]byte, 8)),
			"does not fill"},
		{"safetensors of an unknown type", safetensors(`{"a":{"dtype":"Q9","shape":[2],"data_offsets":[0,8]}}`,
			make([]byte, 8)), "Q9"},
		{"pickle that calls", []byte("\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R."), "refused"},
		{"pickle that is cut off", []byte("\x80\x02X\xff\xff\xff\x7f"), "cut off"},
		{"pickle with an empty stack", []byte("\x80\x02R."), "runs empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, c.data, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestProblemsAreListed(t *testing.T) {
	f, err := Read("../testdata/keras_efficientnet_mini_notop.h5")
	if err != nil {
		t.Fatal(err)
	}
	mini, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	nan := Tensor{Shape: []int{8}, Data: make([]float32, 8)}
	nan.Data[3] = float32(nan.Data[0] / nan.Data[1])
	f.Tensors["stem_bn/stem_bn/gamma:0"] = nan
	delete(f.Tensors, "top_conv/top_conv/kernel:0")
	f.Tensors["extra/extra/kernel:0"] = Tensor{Shape: []int{1}, Data: []float32{1}}
	_, err = f.For(mini)
	for _, want := range []string{"3 places", "stem_bn/gamma holds NaN", "top_conv/kernel is missing",
		"extra/kernel has no place"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

func FuzzHDF5(f *testing.F) {
	h5 := miniH5(f)
	f.Add(h5[:4096])
	f.Add(treeOfTrees())
	f.Add(groupInItself(100))
	f.Add([]byte("\x89HDF\r\n\x1a\n\x02\x08\x08\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { _, _ = parseHDF5(data) })
}

func FuzzSafetensors(f *testing.F) {
	f.Add(safetensors(oneTensor, make([]byte, 8)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) { _, _, _ = parseSafetensors(data) })
}

func FuzzPyTorch(f *testing.F) {
	f.Add([]byte("\x80\x02cos\nsystem\n."))
	f.Add(tupleOfTuples(10))
	for _, name := range []string{"testdata/legacy.pth", "testdata/zip.pth", "testdata/checkpoints/state_dict_legacy.pth",
		"testdata/checkpoints/lightning.pth",
		"testdata/checkpoints/whole.pth"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { _, _, _ = parsePyTorch(data) })
}

// Files that torch.save wrote, legacy and zip: a float32 matrix, a transposed view
// of it, a float16 vector and an int64 counter (testdata/README.md).
func TestPyTorchFiles(t *testing.T) {
	for _, name := range []string{"legacy.pth", "zip.pth"} {
		f, err := Read(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(name, err)
		}
		for tensor, want := range map[string]Tensor{
			"m":          {[]int{2, 3}, []float32{0, 1, 2, 3, 4, 5}},
			"transposed": {[]int{3, 2}, []float32{0, 3, 1, 4, 2, 5}},
			"half":       {[]int{3}, []float32{0.5, -2, 65504}},
			"count":      {[]int{}, []float32{7}},
		} {
			got := f.Tensors[tensor]
			if len(got.Shape) != len(want.Shape) || !equal(got.Data, want.Data) {
				t.Errorf("%s: %s is %v, want %v", name, tensor, got, want)
			}
		}
	}
}

func equal(a, b []float32) bool {
	var x, y bytes.Buffer
	_ = binary.Write(&x, binary.LittleEndian, a)
	_ = binary.Write(&y, binary.LittleEndian, b)
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// Files without weights are recognised without reading beyond the file's end.
func FuzzKind(f *testing.F) {
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\n"))
	f.Add([]byte("\x08\x07\x12\x07pytorch"))
	f.Add([]byte(" <!DOCTYPE html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = otherKind(data)
		if otherKind(safetensors("{}", data)) != "" {
			t.Error("a safetensors file is taken for another")
		}
	})
}
