package native

import (
	"sync"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// asGraphs holds the backends of [AsGraphs].
var asGraphs sync.Map

// AsGraphs makes networks run on a backend as graphs from now on, even where own kernels could
// compute: for callers who chose that backend for a reason, as who compares ways to compute does.
func AsGraphs(backend compute.Backend) { asGraphs.Store(backend, true) }

// Preferred says whether a network runs here rather than on a backend: in a precision that it
// has, where the backend computes on the same CPU, unless it was given to [AsGraphs].
func Preferred(backend compute.Backend, precision effnet.Precision) bool {
	_, graphs := asGraphs.Load(backend)
	return Supports(precision) && effnet.OnCPU(backend) && !graphs
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
