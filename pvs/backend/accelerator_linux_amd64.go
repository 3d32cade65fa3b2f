package backend

import (
	"fmt"
	"path/filepath"

	"github.com/gomlx/go-xla/installer"
)

// accelerator installs the CUDA or TPU plugin where such a device is present.
func accelerator(log func(string)) (Info, bool) {
	for _, a := range []struct {
		name    string
		present func() bool
		install installer.AutoInstaller
	}{
		{"cuda", installer.HasNvidiaGPU, installer.CudaAutoInstall},
		{"tpu", installer.HasTPU, installer.TPUAutoInstall},
	} {
		if !a.present() {
			continue
		}
		home, err := installer.DefaultHomeLibPath()
		if err == nil {
			log(fmt.Sprintf("a %s device is here: making sure that go-xla's plugin for it is installed", a.name))
			err = a.install(filepath.Join(home, "go-xla"), true, installer.Quiet)
		}
		if err == nil {
			return Info{Name: "xla:" + a.name, Why: "the device is here"}, true
		}
		log(fmt.Sprintf("the %s plugin could not be installed, so the CPU is used: %v", a.name, err))
	}
	return Info{}, false
}

// InstallFor installs go-xla's plugin for a device that need not be here - "cuda" or
// "tpu" - as one does when building an image for machines that have it. It returns the
// folder where [Choose] finds it there.
func InstallFor(device string, log func(string)) (string, error) {
	plugins := map[string]func(dir string) error{
		"cuda": func(dir string) error { return installer.CudaInstall("cuda13", "latest", dir, false, installer.Quiet) },
		"tpu":  func(dir string) error { return installer.TPUInstall("tpu", "latest", dir, false, installer.Quiet) },
	}
	install, known := plugins[device]
	if !known {
		return "", fmt.Errorf("there is no plugin for the device %q: cuda and tpu are known", device)
	}
	home, err := installer.DefaultHomeLibPath()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(home, "go-xla")
	log(fmt.Sprintf("installing go-xla's plugin for %s and the libraries it needs in %s (for CUDA some 3 GB)", device,
		dir))
	if err := install(dir); err != nil {
		return "", fmt.Errorf("installing the plugin for %s: %w", device, err)
	}
	return dir, nil
}
