package int8_test

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/int8"
)

// Calibrating runs on any backend; the model that is written then needs ONNX Runtime.
func Example() {
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	mini, err := effnet.Named("mini")
	if err != nil {
		fmt.Println(err)
		return
	}
	weights := mini.InitialValues(1)
	grey := make([]float32, 2*32*32*3)
	for i := range grey {
		grey[i] = float32(i % 256)
	}
	ranges, err := int8.Calibrate(context.Background(), backend, mini, weights, grey, 32)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := int8.Model(mini, weights, ranges, 2, 32)
	fmt.Println(len(ranges), "layers;", len(model) > 200_000, err)
	// Output: 76 layers; true <nil>
}
