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
