//go:build !(linux && amd64)

package backend

import "fmt"

// accelerator finds none: go-xla's CUDA and TPU plugins exist for linux/amd64 only.
func accelerator(func(string)) (Info, bool) { return Info{}, false }

// InstallFor installs nothing here.
func InstallFor(device string, _ func(string)) (string, error) {
	return "", fmt.Errorf("go-xla has no plugin for %s on this system: linux/amd64 only", device)
}
