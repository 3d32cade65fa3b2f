package backend

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/pjrt"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gopvs/product-visual-search/pvs/fetch"
)

func TestNamedBackendIsTaken(t *testing.T) {
	b, info, err := Options{Name: "go"}.Open(context.Background(), Inference, func(s string) { t.Log(s) })
	if err != nil {
		t.Fatal(err)
	}
	if b == nil || info.Name != "go" || info.Plugin != "" {
		t.Errorf("got %s", info)
	}
	sum, err := graph.CallOnce(b, func(a, b *graph.Node) *graph.Node { return graph.Add(a, b) }, float32(2), float32(3))
	if err != nil || sum.Value() != float32(5) {
		t.Errorf("2 + 3 = %v, %v", sum, err)
	}
}

// Without network, pip and library the pure-Go backend is left, and the log says so.
func TestFallsBackToGo(t *testing.T) {
	cacheIn(t, t.TempDir())
	t.Setenv("PATH", t.TempDir()) // no python3
	t.Setenv("HOME", t.TempDir())
	if _, ok := accelerator(func(string) {}); ok || newestPlugin(pjrt.AvailablePlugins(), "cpu") != "" {
		t.Skip("this machine has a plugin that needs no installation")
	}
	var lines []string
	o := Options{NoInstall: true, ONNXRuntime: filepath.Join(t.TempDir(), "none.so")}
	info, err := o.Choose(context.Background(), Inference, func(s string) { lines = append(lines, s) })
	if err != nil {
		t.Fatal(err)
	}
	if info.Name != "go" || !strings.Contains(info.Why, "speed") {
		t.Errorf("got %s", info)
	}
	if len(lines) != 2 {
		t.Errorf("want a line for ONNX Runtime and one for XLA, got %q", lines)
	}
}

func TestCachedLibraryNeedsNoNetwork(t *testing.T) {
	cache := t.TempDir()
	cacheIn(t, cache)
	t.Setenv("PATH", t.TempDir())
	path := filepath.Join(cache, "backend", "lib.so")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("library"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Options{}.install(context.Background(), func(string) {}, library{file: "lib.so"})
	if err != nil || got != path {
		t.Errorf("got %q, %v", got, err)
	}
}

// cacheIn puts the per-user cache into a folder.
func cacheIn(t *testing.T, dir string) {
	before := fetch.Cache
	fetch.Cache = dir
	t.Cleanup(func() { fetch.Cache = before })
}

// The environment chooses nothing, and is left as it was.
func TestEnvironmentIsLeftAlone(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.so")
	t.Setenv("GOMLX_BACKEND", "abacus")
	t.Setenv(onnxLibraryEnv, none)
	info, err := Choose(context.Background(), Training, func(s string) { t.Log(s) })
	if err != nil || info.Name == "abacus" {
		t.Errorf("got %s, %v", info, err)
	}
	b, info, err := OpenNamed(context.Background(), "onnxruntime:cpu", func(s string) { t.Log(s) })
	if err != nil {
		t.Skip("no ONNX Runtime here: ", err)
	}
	if info.Plugin == none || b == nil {
		t.Errorf("started %s", info)
	}
	if got := os.Getenv(onnxLibraryEnv); got != none {
		t.Errorf("the variable is %q now", got)
	}
}

// A backend that its caller named is known as such.
func TestNamed(t *testing.T) {
	for name, named := range map[string]bool{"go": true, "": false} {
		info, err := Options{Name: name}.Choose(context.Background(), Training, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if info.Named != named {
			t.Errorf("%q is named: %t", name, info.Named)
		}
	}
}

// What cannot be started, or is not there, is an error that can be told from others, and that
// names nothing of the command.
func TestErrors(t *testing.T) {
	_, _, err := Options{Name: "abacus"}.Open(context.Background(), Training, func(string) {})
	if !errors.Is(err, ErrStart) || !strings.Contains(err.Error(), "abacus") || strings.Contains(err.Error(), "GOMLX") {
		t.Errorf("got %v", err)
	}
	o := Options{Name: "onnxruntime:cpu", ONNXRuntime: filepath.Join(t.TempDir(), "none.so")}
	_, _, err = o.Open(context.Background(), Inference, func(string) {})
	if !errors.Is(err, ErrLibrary) || !strings.Contains(err.Error(), "none.so") {
		t.Errorf("got %v", err)
	}
}

func TestNewestPlugin(t *testing.T) {
	plugins := map[string]string{"cpu_v0.113.0": "old", "cpu_v0.114.0": "new", "cuda": "gpu"}
	if got := newestPlugin(plugins, "cpu"); got != "new" {
		t.Errorf("got %q", got)
	}
	if got := newestPlugin(plugins, "tpu"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestInstallForUnknownDevice(t *testing.T) {
	if _, err := InstallFor("abacus", func(string) {}); err == nil || !strings.Contains(err.Error(), "abacus") {
		t.Errorf("got %v", err)
	}
}
