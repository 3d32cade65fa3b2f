//go:build !(linux && amd64)

package backend

// accelerator finds none: go-xla's CUDA and TPU plugins exist for linux/amd64 only.
func accelerator(func(string)) (Info, bool) { return Info{}, false }
