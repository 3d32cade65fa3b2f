package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// folder puts the fixtures that are in the project's testdata together.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	images    = "../imageprep/testdata/image_reference.safetensors"
	weightsH5 = "../effnet/testdata/keras_efficientnet_mini_notop.h5"
	values    = "../effnet/testdata/keras_reference.safetensors"
	trace     = "../effnet/testdata/keras_trace.json"
)

func TestMiniFolder(t *testing.T) {
	if os.Getenv("PVS_SLOW") == "" {
		t.Skip("plain Go takes seconds for it; PVS_SLOW=1 runs it, and so does pvs verify of a folder of reference values")
	}
	checks, err := Folder(context.Background(), folder(t, images, weightsH5, values, trace),
		Options{Backends: []string{"go"}, Log: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(checks) < 90 {
		t.Errorf("%d checks", len(checks))
	}
	for _, c := range checks {
		if !c.OK() {
			t.Errorf("%s: %g, allowed %g", c.Name, c.Error, c.Allowed)
		}
	}
}

// A factor that is off by a hundredth is found in every layer behind it.
func TestWrongWeightsFail(t *testing.T) {
	f, err := weights.Read(weightsH5)
	if err != nil {
		t.Fatal(err)
	}
	config, err := weights.Identify(f)
	if err != nil || config.Name != "mini" {
		t.Fatal(config, err)
	}
	w, err := f.For(config)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Values["stem_bn/gamma"] {
		w.Values["stem_bn/gamma"][i] *= 1.01
	}
	ref, err := weights.Read(values)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := backend.OpenNamed(context.Background(), "go", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	delete(ref.Tensors, "images_224") // slow on this backend
	e, err := engine.Choose(engine.Request{Backend: b})
	if err != nil {
		t.Fatal(err)
	}
	checks, err := forward(e, config, w, ref.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.OK() {
			t.Errorf("%s passes with changed weights", c.Name)
		}
	}
}

// A training that is not Keras's is found: here the weights start a hundredth off.
func TestWrongTrainingFails(t *testing.T) {
	f, err := weights.Read(weightsH5)
	if err != nil {
		t.Fatal(err)
	}
	config, err := weights.Identify(f)
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.For(config)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := weights.Read(values)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := backend.OpenNamed(context.Background(), "go", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Values["top_conv/kernel"] {
		w.Values["top_conv/kernel"][i] *= 1.01
	}
	e, err := engine.Choose(engine.Request{Backend: b})
	if err != nil {
		t.Fatal(err)
	}
	checks, err := traceChecks(e, config, w, oneTrace(t, "p1_new_top"), ref.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, c := range checks {
		if !c.OK() {
			failed++
		}
	}
	if failed == 0 {
		t.Errorf("%d checks pass with changed weights", len(checks))
	}
}

// oneTrace is a folder with the training trace of one phase.
func oneTrace(t *testing.T, phase string) string {
	t.Helper()
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if data, err = json.Marshal(map[string]json.RawMessage{phase: all[phase]}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, traceFile), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBadTrace(t *testing.T) {
	for text, say := range map[string]string{
		`[]`:                       "no JSON object",
		`{"p1_new_top": {"losses"`: "unexpected",
		`{"p1_new_top": {}}`:       "no losses",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, traceFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readTrace(filepath.Join(dir, traceFile)); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestFolderWithoutValues(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "none"} {
		if _, err := Folder(context.Background(), dir, Options{Backends: nil, Log: func(string) {}}); err == nil ||
			!strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	}
}

func ExampleCheck() {
	c := Check{Name: "pooled", Error: 3e-6, Allowed: 1e-4}
	fmt.Println(c.OK(), Check{Error: math.NaN(), Allowed: 1}.OK())
	// Output: true false
}
