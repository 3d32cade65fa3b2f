package native

import (
	"os"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Preferred says whether a network in float32 runs here rather than on a backend: where it
// can, and the backend computes on the same CPU, unless the user asked for one by GOMLX_BACKEND.
func Preferred(backend compute.Backend) bool {
	return Supported() && effnet.OnCPU(backend) && os.Getenv("GOMLX_BACKEND") == ""
}
