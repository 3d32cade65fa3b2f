package verify

import (
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

// fusedChecks compares the fused CPU kernels: pooled features at both sizes and what
// enters blocks, as far as the reference has it.
func fusedChecks(config effnet.Config, w *weights.Weights, ref map[string]weights.Tensor) ([]Check, error) {
	var checks []Check
	for _, batch := range []struct{ images, pooled string }{{"images", "pooled"}, {"images_224", "pooled_224"}} {
		images, ok := ref[batch.images]
		if !ok {
			continue
		}
		if len(images.Shape) != 4 || len(ref[batch.pooled].Shape) == 0 {
			return nil, errShape
		}
		if images.Shape[1] != images.Shape[2] {
			continue // the fused CPU kernels take squares
		}
		n, err := cpu.New(config, w.Values, images.Shape[1], effnet.Float32)
		if err != nil {
			return nil, err
		}
		defer n.Close()
		check := func(name, before string, want weights.Tensor) error {
			rows := min(want.Shape[0], images.Shape[0]) // activations are of the first images only
			got := make([]float32, len(want.Data))
			err := n.Run(images.Data[:rows*len(images.Data)/images.Shape[0]], cpu.Options{Before: before}, got)
			checks = append(checks, relative(name, got, want.Data))
			return err
		}
		if err := check(batch.pooled, "", ref[batch.pooled]); err != nil {
			return nil, err
		}
		if batch.images != "images" {
			continue
		}
		layer := "stem_activation"
		for _, b := range config.Blocks() {
			if want, ok := ref["act."+layer]; ok {
				if err := check(layer, b.Name, want); err != nil {
					return nil, err
				}
			}
			layer = lastLayer(b)
		}
	}
	return checks, nil
}

// lastLayer names a block's output.
func lastLayer(b effnet.Block) string {
	if b.Residual() {
		return b.Name + "_add"
	}
	return b.Name + "_project_bn"
}
