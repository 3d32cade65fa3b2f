package backend

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/onnxruntime"
	"github.com/gomlx/go-xla/installer"
	"github.com/gomlx/go-xla/pjrt"

	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// xlaWheel carries a stock OpenXLA CPU plugin, PJRT API 0.115.
var xlaWheel = fetch.WheelSpec{
	Package: "lammps-jax-pjrt-cpu", Version: "0.11.2", Platform: "manylinux_2_27_x86_64",
	Check: fetch.Check{Size: 62711338, SHA256: "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1"},
}

// onnxWheel carries Microsoft's CPU build of ONNX Runtime.
var onnxWheel = fetch.WheelSpec{
	Package: "onnxruntime", Version: "1.32.0", Platform: "manylinux_2_28_x86_64", Python: "3.11", ABI: "cp311",
	Check: fetch.Check{Size: 27773237, SHA256: "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d"},
}

// xlaCPUPlugin returns XLA's CPU plugin: an installed one, else from go-xla's
// installer, else from the wheel.
func (o Options) xlaCPUPlugin(ctx context.Context, log func(string)) (string, error) {
	if path := newestPlugin(pjrt.AvailablePlugins(), "cpu"); path != "" {
		return path, nil
	}
	return o.install(ctx, log, library{
		file: "pjrt_c_api_cpu_plugin.so", member: "*/pjrt_c_api_cpu_plugin.so", wheel: xlaWheel,
		official: func() (string, error) {
			home, err := installer.DefaultHomeLibPath()
			if err != nil {
				return "", err
			}
			dir := filepath.Join(home, "go-xla")
			if err := installer.CPUAutoInstall(dir, true, installer.Quiet); err != nil {
				return "", err
			}
			found, err := filepath.Glob(filepath.Join(dir, "pjrt_c_api_cpu_*_plugin.*"))
			if err != nil || len(found) == 0 {
				return "", fmt.Errorf("go-xla's installer left no CPU plugin in %s", dir)
			}
			return found[len(found)-1], nil
		},
	})
}

// ONNXRuntime finds or installs ONNX Runtime's shared library, as the usual options say.
func ONNXRuntime(ctx context.Context, log func(string)) (string, error) {
	return Usual.onnxLibrary(ctx, log)
}

// onnxLibrary returns ONNX Runtime's shared library from the same three sources.
func (o Options) onnxLibrary(ctx context.Context, log func(string)) (string, error) {
	if path := o.ONNXRuntime; path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("ONNX Runtime's library %w: %w", ErrLibrary, err)
		}
		return path, nil
	}
	if dir, err := onnxruntime.GetInstallPath(); err == nil {
		if name, err := onnxruntime.GetLibFilename(); err == nil {
			if path := filepath.Join(dir, name); exists(path) {
				return path, nil
			}
		}
	}
	return o.install(ctx, log, library{
		file: "libonnxruntime.so", member: "onnxruntime/capi/libonnxruntime.so.*", wheel: onnxWheel,
		official: func() (string, error) { return onnxruntime.Install(onnxruntime.DefaultVersion, false, false) },
	})
}

// library says how one shared library is had.
type library struct {
	file     string                 // its name in the cache
	wheel    fetch.WheelSpec        // the Python package that carries it, for linux/amd64
	member   string                 // its path in the wheel
	official func() (string, error) // the installer of the Go module that uses it
}

// install returns the cached library, or gets it.
func (o Options) install(ctx context.Context, log func(string), l library) (string, error) {
	dir, err := fetch.CacheDir("backend")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, l.file)
	if exists(path) {
		return path, nil
	}
	release, err := fetch.Lock(ctx, path, log) // two first starts at once download it once
	if err != nil {
		return "", err
	}
	defer release()
	if exists(path) {
		return path, nil
	}
	if !o.NoInstall {
		official, err := l.official()
		if err == nil {
			log("installed " + official)
			return official, nil
		}
		log(fmt.Sprintf("its own installer cannot get %s here, so a Python package that carries it is tried", l.file))
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return "", fmt.Errorf("no package with %s is known for %s/%s", l.file, runtime.GOOS, runtime.GOARCH)
	}
	wheel, done, err := fetch.Wheel(ctx, l.wheel, log)
	if err != nil {
		return "", err
	}
	defer done()
	if err := fetch.Member(wheel, l.member, path); err != nil {
		return "", err
	}
	log("installed " + path)
	return path, nil
}

// PluginFolders are where go-xla's installer puts plugins, and where go-xla looks unless
// PJRT_PLUGIN_LIBRARY_PATH names other folders.
func PluginFolders() []string {
	home, err := installer.DefaultHomeLibPath()
	if err != nil {
		return nil
	}
	dir := filepath.Join(home, "go-xla")
	return []string{dir, filepath.Join(dir, "nvidia")}
}

// newestPlugin returns the path of the plugin of that name, versioned ("cpu_v0.114.0") or not.
func newestPlugin(plugins map[string]string, name string) string {
	var names []string
	for n := range plugins {
		if n == name || strings.HasPrefix(n, name+"_v") {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return plugins[slices.Max(names)]
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
