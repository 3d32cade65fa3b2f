//go:build !(linux && cgo)

package backend

// keepMemory does nothing: malloc is not glibc's.
func keepMemory() {}
