package backend_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/backend"
)

func ExampleInfo_String() {
	fmt.Println(backend.Info{Name: "xla:cpu", Plugin: "/cache/pjrt_c_api_cpu_plugin.so", Why: "no GPU or TPU here"})
	// Output: xla:cpu (no GPU or TPU here; /cache/pjrt_c_api_cpu_plugin.so)
}
