package variables

import (
	"fmt"
	"os"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/fetch"
)

func Example() {
	os.Setenv(Smoke, "1")
	defer os.Unsetenv(Smoke)
	fmt.Println(IsSmoke())
	// Output: true
}

// What the user says reaches the library, and nothing is left of it where it is not said.
func TestApply(t *testing.T) {
	usual, cache := backend.Usual, fetch.Cache
	defer func() { backend.Usual, fetch.Cache = usual, cache }()
	for _, name := range []string{GoMLXBackend, ONNXRuntime, NoInstall, Cache, "GLIBC_TUNABLES"} {
		t.Setenv(name, "")
	}
	Apply()
	if backend.Usual != (backend.Options{KeepMemory: true}) || fetch.Cache != "" {
		t.Errorf("nothing was said, and got %+v, %q", backend.Usual, fetch.Cache)
	}
	t.Setenv(GoMLXBackend, "xla:cpu")
	t.Setenv(ONNXRuntime, "/lib/onnx.so")
	t.Setenv(NoInstall, "1")
	t.Setenv(Cache, "/cache")
	t.Setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=4")
	Apply()
	want := backend.Options{Name: "xla:cpu", ONNXRuntime: "/lib/onnx.so", NoInstall: true}
	if backend.Usual != want || fetch.Cache != "/cache" {
		t.Errorf("got %+v, %q", backend.Usual, fetch.Cache)
	}
}
