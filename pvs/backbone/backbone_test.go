package backbone

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

var _ embed.Embedder = (*Network)(nil)

// runtimeFile is ONNX Runtime's library, if it can be had.
var runtimeFile = sync.OnceValues(func() (string, error) {
	return backend.ONNXRuntime(context.Background(), func(string) {})
})

func library(t testing.TB) string {
	t.Helper()
	path, err := runtimeFile()
	if err != nil {
		t.Skip("ONNX Runtime cannot be had here: ", err)
	}
	return path
}

// tiny is a network of PyTorch's (docs/backbones.py fixture) with photos and what PyTorch makes of them.
type tiny struct {
	Photos   []uint8
	Features []float32 // [3, 6], the mean of the tokens
	Tokens   []float32 // [3, 16, 6]
	Maps     []float32 // [3, 6, 4, 4]
}

const tinyFile = "testdata/tiny.onnx"

func readTiny(t testing.TB) (v tiny, photos []float32) {
	t.Helper()
	data, err := os.ReadFile("testdata/tiny-values.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw struct {
		Photos                 []int
		Features, Tokens, Maps []float32
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	v = tiny{Features: raw.Features, Tokens: raw.Tokens, Maps: raw.Maps}
	for _, p := range raw.Photos {
		photos = append(photos, float32(p))
	}
	return v, photos
}

// open starts the tiny network with settings.
func open(t testing.TB, s Settings, o Options) *Network {
	t.Helper()
	o.Library = library(t)
	n, err := Open(tinyFile, s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// means of what is given over its rows, [rows, dim].
func meanOf(rows []float32, dim int) []float32 {
	out := make([]float32, dim)
	for i, v := range rows {
		out[i%dim] += v * float32(dim) / float32(len(rows))
	}
	return out
}

// Vectors are PyTorch's, of each output and each way to take it, in batches that are full or not.
func TestPyTorchsValues(t *testing.T) {
	v, photos := readTiny(t)
	for _, c := range []struct {
		output string
		want   func(photo int) []float32
	}{
		{"features", func(i int) []float32 { return v.Features[6*i : 6*i+6] }},
		{"tokens:class", func(i int) []float32 { return v.Tokens[96*i : 96*i+6] }},
		{"tokens:mean", func(i int) []float32 { return v.Features[6*i : 6*i+6] }},
		{"tokens:mean-5", func(i int) []float32 { return meanOf(v.Tokens[96*i+30:96*i+96], 6) }},
		{"/Transpose_output_0:mean", func(i int) (out []float32) { // a value inside: the map as tokens
			for c := range 6 {
				out = append(out, meanOf(v.Maps[96*i+16*c:96*i+16*c+16], 1)...)
			}
			return out
		}},
		{"maps:mean", func(i int) (out []float32) {
			for c := range 6 {
				out = append(out, meanOf(v.Maps[96*i+16*c:96*i+16*c+16], 1)...)
			}
			return out
		}},
	} {
		for _, batch := range []int{2, 8} {
			n := open(t, Settings{Normalise: ImageNet, Output: c.output}, Options{Batch: batch})
			if n.Dim() != 6 || n.InputLen() != 3*16*16 || n.Origin().Output != c.output {
				t.Fatalf("%s: %d values of %d, output %s", c.output, n.Dim(), n.InputLen(), n.Origin().Output)
			}
			for first := 0; first < 3; first += batch {
				count := min(batch, 3-first)
				out := make([]float32, batch*6)
				if err := n.Embed(photos[first*768:(first+count)*768], count, out); err != nil {
					t.Fatal(err)
				}
				for i := range count {
					for d, want := range c.want(first + i) {
						if got := out[i*6+d]; !(math.Abs(float64(got-want)) < 1e-5) {
							t.Errorf("%s, photo %d, value %d: %g, PyTorch's is %g", c.output, first+i, d, got, want)
						}
					}
				}
			}
		}
	}
}

// Each normalisation takes away its mean and divides by its deviation.
func TestNormalisations(t *testing.T) {
	black, white := []float32{0, 0, 0}, []float32{255, 255, 255}
	for _, n := range normalisations {
		for _, order := range []func(photo, to []float32){n.name.planes, n.name.pixels} {
			low, high := make([]float32, 3), make([]float32, 3)
			order(black, low)
			order(white, high)
			for c := range 3 {
				for _, v := range [][2]float32{{low[c], -n.mean[c] / n.deviation[c]},
					{high[c], (1 - n.mean[c]) / n.deviation[c]}} {
					if math.Abs(float64(v[0]-v[1])) > 1e-4 {
						t.Errorf("%s: channel %d is %g, want %g", n.name, c, v[0], v[1])
					}
				}
			}
		}
	}
	photo := []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	to := make([]float32, 12)
	Bytes.planes(photo, to)
	if want := []float32{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}; !near(to, want) {
		t.Errorf("planes %v, want %v", to, want)
	}
	var name Normalise
	if err := name.UnmarshalText([]byte("Clip")); err == nil {
		t.Error("a name that is none was taken")
	}
}

func near(a, b []float32) bool {
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-4 {
			return false
		}
	}
	return len(a) == len(b)
}

// Keys and origins tell networks apart whose vectors differ, and only those.
func TestKeys(t *testing.T) {
	a := open(t, Settings{Normalise: ImageNet, Output: "features"}, Options{})
	same := open(t, Settings{Normalise: ImageNet, Output: "features", Title: "another title"}, Options{Batch: 3})
	if a.Key() != same.Key() {
		t.Errorf("%s\n%s", a.Key(), same.Key())
	}
	for _, s := range []Settings{{Normalise: CLIP, Output: "features"}, {Normalise: ImageNet, Output: "tokens:class"}} {
		b := open(t, s, Options{})
		one, other := a.Origin(), b.Origin()
		if a.Key() == b.Key() || one.Digest() == other.Digest() {
			t.Errorf("%+v has the key and origin of another one: %s", s, b.Key())
		}
	}
}

// The settings beside a file fill in what is open, and contradict where they differ.
func TestSettingsBeside(t *testing.T) {
	data, err := os.ReadFile(tinyFile)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "net.onnx")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	said := func(text string) {
		t.Helper()
		if err := os.WriteFile(SettingsFile(file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Library: library(t)}
	said(`{"normalise": "clip", "output": "features", "title": "Tiny"}`)
	n, err := Open(file, Settings{}, o)
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
	if got := n.Origin(); got.Normalise != "clip" || got.Title != "Tiny" || got.Output != "features" || got.Pixels != 16 {
		t.Errorf("%+v", got)
	}
	if n, err = Open(file, Settings{Output: "tokens:mean"}, o); err != nil || n.Origin().Output != "tokens:mean" {
		t.Fatalf("an output that was asked for is not taken: %v", err)
	}
	n.Close()
	for text, want := range map[string]string{
		`{"normalise": "clip", "output": "features", "sha256": "` + a64 + `"}`: "is for another file than",
		`{"normalize": "clip"}`:                    `unknown field "normalize"`,
		`{"normalise": "klip"}`:                    `no normalisation is called "klip"`,
		`{"normalise": "-1..1"}`:                   "normalise photos as clip, but",
		`{"normalise": "clip", "pixels": 224}`:     "takes photos of 16 pixels a side and no other, but 224",
		`{"output": "features"} {}`:                "more behind its first object",
		`{"normalise": "clip", "output": "token"}`: "has no value token: its outputs are features",
	} {
		said(text)
		if n, err := Open(file, Settings{Normalise: CLIP}, o); err == nil {
			n.Close()
			t.Errorf("%s was taken", text)
		} else if !contains(err, want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

const a64 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// A photo goes through the whole way.
func TestPrepares(t *testing.T) {
	n := open(t, Settings{Normalise: ImageNet, Output: "features"}, Options{})
	_, photos := readTiny(t)
	photo := imageprep.NewRGB(16, 16)
	for i, v := range photos[:768] {
		photo.Pix[i] = uint8(v)
	}
	set, err := embed.One(n, "a", photo)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := readTiny(t)
	if !near(set.Data, v.Features[:6]) {
		t.Errorf("%v, PyTorch's are %v", set.Data, v.Features[:6])
	}
	for _, count := range []int{0, n.Batch() + 1} {
		if err := n.Embed(make([]float32, 768*(n.Batch()+1)), count, make([]float32, 6*(n.Batch()+1))); err == nil {
			t.Errorf("a batch of %d was taken", count)
		}
	}
}

// The table is whole, and its names are found where their files are.
func TestTable(t *testing.T) {
	folder := t.TempDir()
	seen := map[string]bool{}
	for _, k := range Table() {
		var n Normalise
		if err := n.UnmarshalText([]byte(k.Normalise)); err != nil || k.Name == "" || k.Licence == "" || k.Source == "" ||
			k.Pixels < 32 || k.Output == "" || seen[k.Name] {
			t.Errorf("%+v is not complete, or twice there: %v", k, err)
		}
		seen[k.Name] = true
		if _, _, err := Find(k.Name, folder); !errors.Is(err, ErrAbsent) {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
	file := filepath.Join(folder, "dinov2-s.onnx")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if path, known, err := Find("dinov2-s", folder); err != nil || path != file || known.Name != "dinov2-s" {
		t.Errorf("%s, %+v, %v", path, known, err)
	}
	if _, _, err := Find("dinov9", folder); err == nil || !contains(err, "no network is called") {
		t.Error(err)
	}
	if path, known, err := Find("./dinov9", folder); err != nil || known != nil || path != "./dinov9" {
		t.Error(path, known, err)
	}
}
