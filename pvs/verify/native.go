package verify

import (
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// kernelChecks compares the network's own kernels: pooled features at both sizes and what
// enters blocks, as far as the reference has it.
func kernelChecks(config effnet.Config, w *weights.Weights, ref map[string]weights.Tensor) ([]Check, error) {
	var checks []Check
	check := func(images weights.Tensor, name, before, key string) error {
		want := ref[key]
		if len(images.Shape) != 4 || len(want.Shape) == 0 {
			return errShape
		}
		if images.Shape[1] != images.Shape[2] {
			return nil // the kernels are for squares
		}
		n, err := native.New(config, w.Values, images.Shape[1])
		if err != nil {
			return err
		}
		rows := min(want.Shape[0], images.Shape[0]) // activations are of the first images only
		got := make([]float32, len(want.Data))
		if err := n.Run(images.Data[:rows*len(images.Data)/images.Shape[0]], native.Options{Before: before}, got); err != nil {
			return err
		}
		checks = append(checks, relative(name, got, want.Data))
		return nil
	}
	for _, batch := range []struct{ images, pooled string }{{"images", "pooled"}, {"images_224", "pooled_224"}} {
		if images, ok := ref[batch.images]; ok {
			if err := check(images, batch.pooled, "", batch.pooled); err != nil {
				return nil, err
			}
		}
	}
	blocks := config.Blocks()
	var keys []string
	for key := range ref {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		layer, ok := strings.CutPrefix(key, "act.")
		if !ok {
			continue
		}
		for i, b := range blocks {
			if i > 0 && layer == lastLayer(blocks[i-1]) || i == 0 && layer == "stem_activation" {
				if err := check(ref["images"], layer, b.Name, key); err != nil {
					return nil, err
				}
			}
		}
	}
	return checks, nil
}

// lastLayer names what a block gives.
func lastLayer(b effnet.Block) string {
	if b.Residual() {
		return b.Name + "_add"
	}
	return b.Name + "_project_bn"
}
