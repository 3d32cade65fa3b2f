//go:build cgo && amd64

package native

// #cgo CFLAGS: -O3
// #include <stdlib.h>
// #include <string.h>
// #include "native.h"
import "C"

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Network is an EfficientNet in inference mode for squares of one size. It may be used
// from many goroutines.
type Network struct {
	config  effnet.Config
	size    int
	lanes   int            // of the vectors that weights are packed for
	c       *C.pvs_network // and all it points to, outside of Go's memory
	scratch sync.Pool      // *[]float32, working memory of a run
}

// lanes is how many values the processor's vectors have; 0: it lacks what the kernels need.
func lanes() int { return int(C.pvs_lanes()) }

// New builds the network of the weights, named and laid out as [effnet.Config.Variables]
// says, for images of size pixels a side.
func New(config effnet.Config, values map[string][]float32, size int) (*Network, error) {
	if !Supported() {
		return nil, errUnsupported
	}
	if err := check(config, values, size); err != nil {
		return nil, err
	}
	return newNetwork(config, values, size, lanes()), nil
}

// newNetwork builds the network for vectors of 8 or 16 lanes.
func newNetwork(config effnet.Config, values map[string][]float32, size, lanes int) *Network {
	b := &builder{values: values, lanes: lanes}
	n := &Network{config: config, size: size, lanes: lanes, c: b.network(config, size)}
	working := int(n.scratchFor(together))
	n.scratch.New = func() any { s := make([]float32, working); return &s }
	runtime.AddCleanup(n, release, b.taken)
	return n
}

// scratchFor is how many values of working memory a run of so many images needs.
func (n *Network) scratchFor(images int) C.long {
	if n.lanes == 16 {
		return C.pvs_scratch_16(n.c, C.int(images))
	}
	return C.pvs_scratch_8(n.c, C.int(images))
}

// release frees what a builder has taken.
func release(taken []unsafe.Pointer) {
	for _, p := range taken {
		C.free(p)
	}
}

// run computes what enters a block, by its number, or the features of at most together images.
func (n *Network) run(images []float32, count, block int, factors, out []float32) {
	s := n.scratch.Get().(*[]float32)
	defer n.scratch.Put(s)
	if n.lanes == 16 {
		C.pvs_run_16(n.c, floats(images), C.int(count), C.int(block), floats(factors), floats(out), floats(*s))
	} else {
		C.pvs_run_8(n.c, floats(images), C.int(count), C.int(block), floats(factors), floats(out), floats(*s))
	}
	runtime.KeepAlive(n)
}

// floats is where values begin, nil for none.
func floats(x []float32) *C.float { return (*C.float)(unsafe.SliceData(x)) }

// builder brings weights to the layout of the kernels.
type builder struct {
	values map[string][]float32
	lanes  int
	taken  []unsafe.Pointer
}

// take returns memory outside of Go's, which C may keep pointers to, of whole lines of the
// cache; there is enough of it or the process ends, as with Go's own.
func (b *builder) take(bytes int) unsafe.Pointer {
	const line = 64
	size := C.size_t((bytes + line - 1) / line * line)
	p := C.aligned_alloc(line, size)
	if p == nil {
		panic("native: no memory is left")
	}
	C.memset(p, 0, size)
	b.taken = append(b.taken, p)
	return p
}

// keep copies values there.
func (b *builder) keep(values []float32) *C.float {
	p := b.take(4 * len(values))
	copy(unsafe.Slice((*float32)(p), len(values)), values)
	return (*C.float)(p)
}

func (b *builder) network(config effnet.Config, size int) *C.pvs_network {
	n := (*C.pvs_network)(b.take(C.sizeof_pvs_network))
	factor, offset := config.Normalization().Row(size)
	n.size, n.factor, n.offset = C.int(size), b.keep(factor), b.keep(offset)
	n.activation = C.pvs_swish
	if config.Lite {
		n.activation = C.pvs_relu6
	}
	n.stem = b.matrix("stem_conv", "stem_bn", stemPatch, matrixPanels(config.Stem(), b.lanes))
	blocks := config.Blocks()
	n.block_count = C.int(len(blocks))
	n.blocks = (*C.pvs_block)(b.take(len(blocks) * C.sizeof_pvs_block))
	to := unsafe.Slice(n.blocks, len(blocks))
	for i, block := range blocks {
		to[i] = b.block(block)
	}
	n.top = b.matrix("top_conv", "top_bn", blocks[len(blocks)-1].Out, matrixPanels(config.Features(), b.lanes))
	return n
}

func (b *builder) block(e effnet.Block) C.pvs_block {
	var c C.pvs_block
	if e.Expand != 1 {
		c.expand = b.matrix(e.Name+"_expand_conv", e.Name+"_expand_bn", e.In, depthwisePanels(e.Expanded(), b.lanes))
	}
	factor, offset := effnet.BatchNormOf(b.values, e.Name+"_bn")
	kernels := b.values[e.Name+"_dwconv/depthwise_kernel"]
	c.depthwise = C.pvs_kernels{
		channels: C.int(e.Expanded()), size: C.int(e.Kernel), stride: C.int(e.Stride),
		weights: b.keep(pack(kernels, e.Kernel*e.Kernel, factor, depthwisePanels(e.Expanded(), b.lanes))), bias: b.keep(filled(offset, b.lanes)),
	}
	if e.Squeeze > 0 {
		c.squeeze = b.dense(e.Name+"_se_reduce", e.Expanded(), e.Squeeze)
		c.excite = b.dense(e.Name+"_se_expand", e.Squeeze, e.Expanded())
	}
	c.project = b.matrix(e.Name+"_project_conv", e.Name+"_project_bn", e.Expanded(), matrixPanels(e.Out, b.lanes))
	if e.Residual() {
		c.residual = 1
	}
	return c
}

// matrix is a convolution and its BatchNorm as a product with in values.
func (b *builder) matrix(layer, norm string, in int, panels []int) C.pvs_matrix {
	factor, offset := effnet.BatchNormOf(b.values, norm)
	packed := pack(b.values[layer+"/kernel"], in, factor, panels)
	return C.pvs_matrix{in: C.int(in), out: C.int(len(factor)), weights: b.keep(packed), bias: b.keep(filled(offset, b.lanes))}
}

func (b *builder) dense(layer string, in, out int) C.pvs_dense {
	return C.pvs_dense{in: C.int(in), out: C.int(out), weights: b.keep(b.values[layer+"/kernel"]), bias: b.keep(b.values[layer+"/bias"])}
}
