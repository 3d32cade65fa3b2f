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

// builder makes room for weights in the layout of the kernels, outside of Go's memory, so that C
// may keep pointers to it.
type builder struct {
	lanes int
	half  bool // weights are float16
	bare  bool // layers that never run get no weights
	raw   bool // BatchNorms are not folded into weights
	held  *holding
	loads []func(values map[string][]float32) // bring weights there
}

// load brings all weights to where they belong.
func (b *builder) load(values map[string][]float32) {
	_ = cores.Each(context.Background(), len(b.loads), func(i int) error {
		b.loads[i](values)
		return nil
	})
}

// holding is memory outside of Go's.
type holding struct {
	pieces []unsafe.Pointer
	bytes  int64
}

// release frees it; a second time there is nothing to free.
func (h *holding) release() {
	for _, p := range h.pieces {
		C.free(p)
	}
	inUse.Add(-h.bytes)
	h.pieces, h.bytes = nil, 0
}

// allocate returns memory from a line of the cache on, or nil. Tests replace it.
var allocate = func(line, bytes int) unsafe.Pointer { return C.aligned_alloc(C.size_t(line), C.size_t(bytes)) }

// take returns zeros in whole lines of the cache. Where there are none it panics with errNoMemory, which
// build returns.
func (b *builder) take(bytes int) unsafe.Pointer {
	const line = 64
	size := (max(bytes, 1) + line - 1) / line * line
	p := allocate(line, size)
	if p == nil {
		panic(errNoMemory)
	}
	C.memset(p, 0, C.size_t(size))
	b.held.pieces = append(b.held.pieces, p)
	b.held.bytes += int64(size)
	inUse.Add(int64(size))
	return p
}

// build calls what takes memory. If there is not enough, what was taken is freed.
func (b *builder) build(all func()) (err error) {
	b.held = &holding{}
	defer func() {
		if p := recover(); p != nil {
			b.held.release()
			if p != errNoMemory {
				panic(p)
			}
			err = errNoMemory
		}
	}()
	all()
	return nil
}

// room returns room for values.
func (b *builder) room(n int) (*C.float, []float32) {
	p := (*float32)(b.take(4 * n))
	return (*C.float)(p), unsafe.Slice(p, n)
}

// weights returns room for n values that fill brings there at each load, in float16 if those are
// the network's.
func (b *builder) weights(n int, fill func(values map[string][]float32, to []float32)) *C.pvs_value {
	if !b.half {
		c, to := b.room(n)
		b.loads = append(b.loads, func(values map[string][]float32) { fill(values, to) })
		return c
	}
	p := b.take(2 * n)
	b.loads = append(b.loads, func(values map[string][]float32) {
		to := make([]float32, n)
		fill(values, to)
		C.pvs_to_half(floats(to), C.long(n), p)
	})
	return (*C.pvs_value)(p)
}

// keep copies values there.
func (b *builder) keep(values []float32) *C.float {
	p, to := b.room(len(values))
	copy(to, values)
	return p
}

// structs returns room for n of them.
func structs[T any](b *builder, n int) []T {
	var one T
	return unsafe.Slice((*T)(b.take(n*int(unsafe.Sizeof(one)))), n)
}

// network builds all from the first block on that runs; 0: and the stem. Training has weights of its
// own for the top.
func (b *builder) network(config effnet.Config, size, first int, top bool) *C.pvs_network {
	n := &structs[C.pvs_network](b, 1)[0]
	factor, offset := config.Normalization().Row(size)
	n.lanes = C.int(b.lanes)
	if b.half {
		n.half = 1
	}
	n.size, n.factor, n.offset = C.int(size), b.keep(factor), b.keep(offset)
	n.activation = C.pvs_swish
	if config.Lite {
		n.activation = C.pvs_relu6
	}
	blocks := config.Blocks()
	b.bare = first > 0
	stem := matrixPanels(stemPatch, config.Stem(), b.lanes)
	if b.half { // pairs of rows
		stem = stem.fill(stemPatch + 1)
	}
	n.stem = b.matrix("stem_conv", "stem_bn", stem)
	to := structs[C.pvs_block](b, len(blocks))
	n.blocks, n.block_count = &to[0], C.int(len(blocks))
	for i, block := range blocks {
		b.bare = i < first
		to[i] = b.block(block)
	}
	b.bare = !top
	n.top = b.matrix("top_conv", "top_bn", matrixPanels(blocks[len(blocks)-1].Out, config.Features(), b.lanes))
	b.bare = false
	return n
}

func (b *builder) block(e effnet.Block) C.pvs_block {
	var c C.pvs_block
	if e.Expand != 1 {
		c.expand = b.matrix(e.Name+"_expand_conv", e.Name+"_expand_bn", widePanels(e.In, e.Expanded(), b.lanes))
	}
	depthwise := b.packed(e.Name+"_dwconv/depthwise_kernel", e.Name+"_bn", widePanels(e.Kernel*e.Kernel, e.Expanded(), b.lanes))
	c.depthwise = C.pvs_kernels{
		channels: C.int(e.Expanded()), size: C.int(e.Kernel), stride: C.int(e.Stride),
		weights: depthwise, bias: b.bias(e.Name+"_bn", e.Expanded()),
	}
	if e.Squeeze > 0 {
		c.squeeze = b.dense(e.Name+"_se_reduce", e.Expanded(), e.Squeeze)
		c.excite = b.dense(e.Name+"_se_expand", e.Squeeze, e.Expanded())
	}
	project := matrixPanels(e.Expanded(), e.Out, b.lanes)
	if b.raw { // panels of what it projects have whole vectors
		project = project.fill(vectors(e.Expanded(), b.lanes))
	}
	c.project = b.matrix(e.Name+"_project_conv", e.Name+"_project_bn", project)
	if e.Residual() {
		c.residual = 1
	}
	return c
}

// matrix is a convolution and its BatchNorm.
func (b *builder) matrix(layer, norm string, p panels) C.pvs_matrix {
	p.paired = b.half
	return C.pvs_matrix{in: C.int(p.filled), out: C.int(p.columns), weights: b.packed(layer+"/kernel", norm, p), bias: b.bias(norm, p.columns)}
}

// packed is a kernel in panels, multiplied by its BatchNorm's factors if it has one.
func (b *builder) packed(kernel, norm string, p panels) *C.pvs_value {
	if b.bare {
		return nil
	}
	if b.raw {
		norm = ""
	}
	return b.weights(p.size(), func(values map[string][]float32, to []float32) {
		p.pack(b.lanes, values[kernel], factors(values, norm), to)
	})
}

// bias is a BatchNorm's offsets.
func (b *builder) bias(norm string, channels int) *C.pvs_value {
	if b.bare {
		return nil
	}
	if b.raw {
		zeros, _ := b.room(vectors(channels, b.lanes))
		return zeros
	}
	return b.weights(vectors(channels, b.lanes), func(values map[string][]float32, to []float32) {
		_, offset := effnet.BatchNormOf(values, norm)
		narrow(offset, to)
	})
}

func (b *builder) dense(layer string, in, out int) C.pvs_dense {
	return C.pvs_dense{in: C.int(in), out: C.int(out), weights: b.plain(layer+"/kernel", in*out), bias: b.plain(layer+"/bias", out)}
}

// plain is a weight as it is.
func (b *builder) plain(name string, n int) *C.float {
	if b.bare {
		return nil
	}
	c, to := b.room(n)
	b.loads = append(b.loads, func(values map[string][]float32) { copy(to, values[name]) })
	return c
}
