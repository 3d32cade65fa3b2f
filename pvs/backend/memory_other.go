//go:build !linux || !cgo

package backend

// keepMemory is for glibc; see memory_linux.go.
func keepMemory() {}
