package backend

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/pjrt"
	"github.com/gomlx/gomlx/core/graph"
)

func TestNamedBackendIsTaken(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "go")
	b, info, err := Open(context.Background(), Inference, func(s string) { t.Log(s) })
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
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("PVS_CACHE", t.TempDir())
	t.Setenv("PATH", t.TempDir()) // no python3
	t.Setenv("HOME", t.TempDir())
	t.Setenv(noInstallEnv, "1")
	t.Setenv(onnxLibraryEnv, filepath.Join(t.TempDir(), "none.so"))
	if _, ok := accelerator(func(string) {}); ok || newestPlugin(pjrt.AvailablePlugins(), "cpu") != "" {
		t.Skip("this machine has a plugin that needs no installation")
	}
	var lines []string
	info, err := Choose(context.Background(), Inference, func(s string) { lines = append(lines, s) })
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
	t.Setenv("PVS_CACHE", cache)
	t.Setenv("PATH", t.TempDir())
	path := filepath.Join(cache, "backend", "lib.so")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("library"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := install(context.Background(), func(string) {}, library{file: "lib.so"})
	if err != nil || got != path {
		t.Errorf("got %q, %v", got, err)
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
