package cpu

import (
	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/internal/asgraph"
)

// Preferred says whether a network runs here rather than on a backend: in a precision that it
// has, where the backend computes on the same CPU, unless who started it wants graphs on it
// (backend.Options).
func Preferred(backend compute.Backend, precision effnet.Precision) bool {
	return Supports(precision) && effnet.OnCPU(backend) && !asgraph.Wanted(backend)
}

// Processor says what of the processor the kernels' sums depend on, the width of its vectors:
// "AVX2", "AVX-512", or "" where they do not run.
func Processor() string {
	switch lanes() {
	case 8:
		return "AVX2"
	case 16:
		return "AVX-512"
	}
	return ""
}
