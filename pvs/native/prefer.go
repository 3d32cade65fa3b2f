package native

import (
	"os"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Preferred says whether a network runs here rather than on a backend: in float32, where it
// can, and the backend computes on the same CPU, unless the user asked for one by GOMLX_BACKEND.
func Preferred(backend compute.Backend, precision effnet.Precision) bool {
	return precision == effnet.Float32 && Supported() && effnet.OnCPU(backend) && os.Getenv("GOMLX_BACKEND") == ""
}
