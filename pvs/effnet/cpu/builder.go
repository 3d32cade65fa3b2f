//go:build cgo && amd64

package cpu

// #include <stdlib.h>
// #include <string.h>
// #include "cpu.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// builder lays out a network's weights as the C code reads them, outside of Go's memory, so that C may keep pointers
// to it.
type builder struct {
	lanes       int
	float16     bool // weights are float16
	skipWeights bool // of layers that never run
	unfolded    bool // BatchNorms are not folded into weights
	memory      *cMemory
	loads       []func(values map[string][]float32) // copy weights to their packed layout
}

// load packs all weights.
func (b *builder) load(values map[string][]float32) {
	_ = cores.Each(context.Background(), len(b.loads), func(i int) error {
		b.loads[i](values)
		return nil
	})
}

// cMemory is memory outside of Go's.
type cMemory struct {
	allocations []unsafe.Pointer
	bytes       int64
}

// release frees it; a second time there is nothing to free.
func (h *cMemory) release() {
	for _, p := range h.allocations {
		C.free(p)
	}
	inUse.Add(-h.bytes)
	h.allocations, h.bytes = nil, 0
}

// allocate returns memory that begins at a cache line, or nil. Tests replace it.
var allocate = func(line, bytes int) unsafe.Pointer { return C.aligned_alloc(C.size_t(line), C.size_t(bytes)) }

// zeroed returns zeroed memory in whole cache lines. If there is none it panics with errNoMemory, which build
// returns.
func (b *builder) zeroed(bytes int) unsafe.Pointer {
	const line = 64
	size := (max(bytes, 1) + line - 1) / line * line
	p := allocate(line, size)
	if p == nil {
		panic(errNoMemory)
	}
	C.memset(p, 0, C.size_t(size))
	b.memory.allocations = append(b.memory.allocations, p)
	b.memory.bytes += int64(size)
	inUse.Add(int64(size))
	return p
}

// build calls what allocates. If memory ends, it frees all that was allocated.
func (b *builder) build(all func()) (err error) {
	b.memory = &cMemory{}
	defer func() {
		if p := recover(); p != nil {
			b.memory.release()
			if p != errNoMemory {
				panic(p)
			}
			err = errNoMemory
		}
	}()
	all()
	return nil
}

// buffer returns memory for n values, as C and as Go see it.
func (b *builder) buffer(n int) (*C.float, []float32) {
	p := (*float32)(b.zeroed(4 * n))
	return (*C.float)(p), unsafe.Slice(p, n)
}

// weights returns memory for n values that fill writes at each load, in float16 if the network is.
func (b *builder) weights(n int, fill func(values map[string][]float32, to []float32)) *C.pvs_value {
	if !b.float16 {
		c, to := b.buffer(n)
		b.loads = append(b.loads, func(values map[string][]float32) { fill(values, to) })
		return c
	}
	p := b.zeroed(2 * n)
	b.loads = append(b.loads, func(values map[string][]float32) {
		to := make([]float32, n)
		fill(values, to)
		C.pvs_to_float16(floats(to), C.long(n), p)
	})
	return (*C.pvs_value)(p)
}

// copied returns a copy of values.
func (b *builder) copied(values []float32) *C.float {
	p, to := b.buffer(len(values))
	copy(to, values)
	return p
}

// structs returns memory for n of them.
func structs[T any](b *builder, n int) []T {
	var one T
	return unsafe.Slice((*T)(b.zeroed(n*int(unsafe.Sizeof(one)))), n)
}

// network builds the layers that run: from block first on, and the stem if that is 0. Training packs the top's
// weights in another layout.
func (b *builder) network(config effnet.Config, size, first int, top bool) *C.pvs_network {
	n := &structs[C.pvs_network](b, 1)[0]
	factor, offset := config.Normalization().Row(size)
	n.lanes = C.int(b.lanes)
	if b.float16 {
		n.float16 = 1
	}
	n.size, n.factor, n.offset = C.int(size), b.copied(factor), b.copied(offset)
	n.activation = C.pvs_swish
	if config.Lite {
		n.activation = C.pvs_relu6
	}
	blocks := config.Blocks()
	b.skipWeights = first > 0
	stem := matrixPanels(stemPatch, config.Stem(), b.lanes)
	if b.float16 { // rows are interleaved in pairs
		stem = stem.fill(stemPatch + 1)
	}
	n.stem = b.matrix("stem_conv", "stem_bn", stem)
	to := structs[C.pvs_block](b, len(blocks))
	n.blocks, n.block_count = &to[0], C.int(len(blocks))
	for i, block := range blocks {
		b.skipWeights = i < first
		to[i] = b.block(block)
	}
	b.skipWeights = !top
	n.top = b.matrix("top_conv", "top_bn", matrixPanels(blocks[len(blocks)-1].Out, config.Features(), b.lanes))
	b.skipWeights = false
	b.loads = append(b.loads, func(values map[string][]float32) { n.exponent = C.float(effnet.Exponent(values)) })
	return n
}

func (b *builder) block(e effnet.Block) C.pvs_block {
	var c C.pvs_block
	if e.Expand != 1 {
		c.expand = b.matrix(e.Name+"_expand_conv", e.Name+"_expand_bn", channelPanels(e.In, e.Expanded(), b.lanes))
	}
	depthwise := b.packed(e.Name+"_dwconv/depthwise_kernel", e.Name+"_bn", channelPanels(e.Kernel*e.Kernel, e.Expanded(),
		b.lanes))
	c.depthwise = C.pvs_depthwise{
		channels: C.int(e.Expanded()), size: C.int(e.Kernel), stride: C.int(e.Stride),
		weights: depthwise, bias: b.bias(e.Name+"_bn", e.Expanded()),
	}
	if e.Squeeze > 0 {
		c.squeeze = b.dense(e.Name+"_se_reduce", e.Expanded(), e.Squeeze)
		c.excite = b.dense(e.Name+"_se_expand", e.Squeeze, e.Expanded())
	}
	project := matrixPanels(e.Expanded(), e.Out, b.lanes)
	if b.unfolded { // its input's panels have whole vectors
		project = project.fill(vectors(e.Expanded(), b.lanes))
	}
	c.project = b.matrix(e.Name+"_project_conv", e.Name+"_project_bn", project)
	if e.Residual() {
		c.residual = 1
	}
	return c
}

// matrix is a pointwise convolution and its BatchNorm.
func (b *builder) matrix(layer, norm string, p panels) C.pvs_matrix {
	p.interleaved = b.float16
	return C.pvs_matrix{in: C.int(p.filled), out: C.int(p.columns), weights: b.packed(layer+"/kernel", norm, p),
		bias: b.bias(norm, p.columns)}
}

// packed is a kernel in panels, multiplied by the scale of its BatchNorm if it has one.
func (b *builder) packed(kernel, norm string, p panels) *C.pvs_value {
	if b.skipWeights {
		return nil
	}
	if b.unfolded {
		norm = ""
	}
	return b.weights(p.size(), func(values map[string][]float32, to []float32) {
		p.pack(b.lanes, values[kernel], factors(values, norm), to)
	})
}

// bias is the offset of a BatchNorm that is folded into the weights; zeros if it is not.
func (b *builder) bias(norm string, channels int) *C.pvs_value {
	if b.skipWeights {
		return nil
	}
	if b.unfolded {
		zeros, _ := b.buffer(vectors(channels, b.lanes))
		return zeros
	}
	return b.weights(vectors(channels, b.lanes), func(values map[string][]float32, to []float32) {
		_, offset := effnet.BatchNormOf(values, norm)
		toFloat32(offset, to)
	})
}

func (b *builder) dense(layer string, in, out int) C.pvs_dense {
	return C.pvs_dense{in: C.int(in), out: C.int(out), weights: b.unpacked(layer+"/kernel", in*out),
		bias: b.unpacked(layer+"/bias", out)}
}

// unpacked is a weight in its own layout.
func (b *builder) unpacked(name string, n int) *C.float {
	if b.skipWeights {
		return nil
	}
	c, to := b.buffer(n)
	b.loads = append(b.loads, func(values map[string][]float32) { copy(to, values[name]) })
	return c
}
