package cpu

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// errUnsupported says what the processor or the program lacks.
var errUnsupported = errors.New(
	"the fused CPU kernels need an amd64 processor with AVX2 and FMA, and a program built with cgo")

// Supports says whether networks run here in a precision: in float32 on an amd64 processor with
// AVX2 and FMA, in float16 on one with AVX512-FP16.
func Supports(p effnet.Precision) bool {
	return p == effnet.Float32 && lanes() != 0 || p == effnet.Float16 && hasFloat16()
}

// New builds the network from weights, named and laid out as [effnet.Config.Variables] says, for images of size
// pixels a side. In float16, weights, activations and most sums are float16; squeeze and excite, averages over
// positions, images and features are float32. NaN in a weight makes NaN of all that it has a part in. [Network.Close]
// frees the weights.
func New(config effnet.Config, values map[string][]float32, size int, precision effnet.Precision) (*Network, error) {
	if err := check(config, values, size, precision); err != nil {
		return nil, err
	}
	return newNetwork(config, values, size, lanes(), precision == effnet.Float16)
}

// check returns an error if the network cannot be built here from these weights.
func check(config effnet.Config, values map[string][]float32, size int, precision effnet.Precision) error {
	switch {
	case lanes() == 0:
		return errUnsupported
	case !Supports(precision):
		return fmt.Errorf("the fused CPU kernels do not compute in %s on this processor", precision)
	}
	if err := config.Validate(); err != nil {
		return err
	}
	for _, v := range config.Variables() {
		if err := v.Check(values[v.Name]); err != nil {
			return fmt.Errorf("%s: %w", config.Title, err)
		}
	}
	if err := effnet.CheckExponent(values); err != nil {
		return fmt.Errorf("%s: %w", config.Title, err)
	}
	if size < 1 {
		return fmt.Errorf("%s: an image of %d pixels a side has none", config.Title, size)
	}
	return nil
}

// Options of [Network.Run]; zero values are defaults.
type Options struct {
	Before string // a block, "block7a": compute its input; "": the features
	// Factors, [n, blocks], multiply the residual branch of each image's blocks: 0 or 1/(1-p) under stochastic
	// depth, p being the probability that the branch is dropped; nil: 1.
	Factors []float32
}

// Run computes, of n images [n, size, size, 3], 0..255, the pooled features, [n, config.Features()], or the
// input of a block, [n, height, width, channels] (see [effnet.Config.InputOf]). Images are spread over the cores.
func (n *Network) Run(images []float32, opts Options, out []float32) error {
	if err := n.begin(); err != nil {
		return fmt.Errorf("%s: %w", n.config.Title, err)
	}
	defer n.end()
	blocks := n.config.Blocks()
	block, dim := len(blocks), n.config.Features()
	if opts.Before != "" {
		block = slices.IndexFunc(blocks, func(b effnet.Block) bool { return b.Name == opts.Before })
		if block < 0 {
			return fmt.Errorf("%s has no block %q", n.config.Title, opts.Before)
		}
		h, w, c := n.config.InputOf(opts.Before, n.size)
		dim = h * w * c
	}
	pixels := 3 * n.size * n.size
	count := len(images) / pixels
	if len(images) != count*pixels || len(out) != count*dim ||
		opts.Factors != nil && len(opts.Factors) != count*len(blocks) {
		return fmt.Errorf("%s of %d pixels cannot take %d values to %d, with %d factors",
			n.config.Title, n.size, len(images), len(out), len(opts.Factors))
	}
	each := max(1, min(maxBatch, count/runtime.GOMAXPROCS(0)))
	return cores.Each(context.Background(), (count+each-1)/each, func(i int) error {
		from, to := i*each, min((i+1)*each, count)
		var factors []float32
		if opts.Factors != nil {
			factors = opts.Factors[from*len(blocks) : to*len(blocks)]
		}
		n.run(images[from*pixels:to*pixels], to-from, block, factors, out[from*dim:to*dim])
		return nil
	})
}
