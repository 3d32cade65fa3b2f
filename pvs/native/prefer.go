package native

import (
	"os"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Preferred says whether a network runs here rather than on a backend: in a precision that it
// has, where the backend computes on the same CPU, unless the user asked for one by GOMLX_BACKEND.
func Preferred(backend compute.Backend, precision effnet.Precision) bool {
	return Supports(precision) && effnet.OnCPU(backend) && os.Getenv("GOMLX_BACKEND") == ""
}
