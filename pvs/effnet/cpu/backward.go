//go:build cgo && amd64

package cpu

// #include "cpu.h"
import "C"

import (
	"fmt"
	"runtime"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// worthKeeping is how many channels an expansion takes at least whose output is kept.
const worthKeeping = C.pvs_worth_keeping

// kernels is what C needs to train a network, and where the gradients are.
type kernels struct {
	builder
	c       *C.pvs_training
	norms   []*norm // if they train
	trains  func(name string) bool
	gathers []gather
	ways    []way // of the gathers' panels
	sums    int   // values that a part's gradients have
}

// newKernels makes room for the weights of a network whose blocks train from the first on, and
// for its BatchNorms if they train.
func newKernels(config effnet.Config, size, first int, norms bool, trains func(name string) bool, lanes int) (*kernels, error) {
	k := &kernels{builder: builder{lanes: lanes, raw: norms}, trains: trains}
	if err := k.build(func() { k.all(config, size, first) }); err != nil {
		return nil, fmt.Errorf("%s: %w", config.Title, err)
	}
	runtime.AddCleanup(k, (*holding).release, k.held)
	k.ways = ways(k.gathers)
	return k, nil
}

// all makes room for all that C reads.
func (k *kernels) all(config effnet.Config, size, first int) {
	k.c = &structs[C.pvs_training](&k.builder, 1)[0]
	k.c.network = k.network(config, size, first, false)
	if first == 0 { // the stem trains
		stem := widePanels(stemPatch, config.Stem(), k.lanes).fill(C.pvs_patch_row)
		k.c.stem = k.matrix("stem_conv", "stem_bn", stem)
		k.c.stem_sum = k.sum("stem_conv/kernel", "stem_bn", stem)
	}
	blocks := config.Blocks()
	to := structs[C.pvs_slopes](&k.builder, len(blocks))
	k.c.blocks = &to[0]
	for i, b := range blocks[first:] {
		to[first+i] = k.slopes(b)
	}
	in, features := blocks[len(blocks)-1].Out, config.Features()
	top := widePanels(in, features, k.lanes)
	k.c.top = k.matrix("top_conv", "top_bn", top)
	k.c.top_back = k.transposed("top_conv", "top_bn", matrixPanels(features, in, k.lanes).fill(vectors(features, k.lanes)))
	k.c.top_sum = k.sum("top_conv/kernel", "top_bn", top)
	if k.raw {
		k.addNorms(config, size)
	}
}

func (k *kernels) slopes(e effnet.Block) C.pvs_slopes {
	wide := e.Expanded()
	s := C.pvs_slopes{}
	if e.Expand != 1 {
		s.expand = k.transposed(e.Name+"_expand_conv", e.Name+"_expand_bn", matrixPanels(wide, e.In, k.lanes).fill(vectors(wide, k.lanes)))
		s.expand_sum = k.sum(e.Name+"_expand_conv/kernel", e.Name+"_expand_bn", widePanels(e.In, wide, k.lanes))
	}
	s.depthwise_sum = k.sum(e.Name+"_dwconv/depthwise_kernel", e.Name+"_bn", widePanels(e.Kernel*e.Kernel, wide, k.lanes))
	if e.Squeeze > 0 {
		one := func(rows, columns int) panels {
			return panels{rows: rows, columns: columns, filled: rows, widths: []int{columns}}
		}
		s.squeeze = C.pvs_dense{in: C.int(e.Squeeze), out: C.int(wide), weights: k.packed(e.Name+"_se_reduce/kernel", "", one(e.Squeeze, wide).ofTranspose())}
		s.squeeze_sum = k.sum(e.Name+"_se_reduce/kernel", "", one(e.Squeeze, wide).ofTranspose())
		s.squeeze_bias_sum = k.sum(e.Name+"_se_reduce/bias", "", one(1, e.Squeeze))
		s.excite_sum = k.sum(e.Name+"_se_expand/kernel", "", one(e.Squeeze, wide))
		s.excite_bias_sum = k.sum(e.Name+"_se_expand/bias", "", one(1, wide))
	}
	project := widePanels(e.Out, wide, k.lanes).ofTranspose()
	s.project = C.pvs_matrix{in: C.int(e.Out), out: C.int(wide), weights: k.packed(e.Name+"_project_conv/kernel", e.Name+"_project_bn", project)}
	s.project_sum = k.sum(e.Name+"_project_conv/kernel", e.Name+"_project_bn", project)
	return s
}

// transposed is a convolution's transpose, which has no bias.
func (k *kernels) transposed(layer, norm string, p panels) C.pvs_matrix {
	return C.pvs_matrix{in: C.int(p.filled), out: C.int(p.columns), weights: k.packed(layer+"/kernel", norm, p.ofTranspose())}
}

// sum makes room for a weight's gradients if it trains.
func (k *kernels) sum(name, norm string, p panels) C.long {
	if !k.trains(name) {
		return -1
	}
	if k.raw {
		norm = ""
	}
	at := k.sums
	k.gathers = append(k.gathers, gather{name, norm, at, p})
	k.sums = vectors(at+p.size(), 16) // whole lines of the cache
	return C.long(at)
}

// kept is how many values forward keeps.
func (k *kernels) kept(count, first int) int {
	return int(C.pvs_kept(k.c, C.int(count), C.int(first)))
}

// forward computes a part's features, and keeps what backward needs.
func (k *kernels) forward(p *part, in, factors, features []float32, count, first int) {
	p.room(&p.kept, k.kept(count, first))
	p.room(&p.scratch, int(C.pvs_training_scratch(k.c, C.int(count), C.int(first))))
	C.pvs_forward(k.c, floats(in), C.int(count), C.int(first), floats(factors), floats(p.kept), floats(features), floats(p.scratch))
	runtime.KeepAlive(k)
}

// backward adds a part's gradients to its sums.
func (k *kernels) backward(p *part, in, factors, slopes []float32, count, first int) {
	C.pvs_gradients(k.c, floats(in), C.int(count), C.int(first), floats(factors), floats(p.kept), floats(slopes), floats(p.sums), floats(p.scratch))
	runtime.KeepAlive(k)
}

// addNorms makes room for all BatchNorms.
func (k *kernels) addNorms(config effnet.Config, size int) {
	side := (size + 1) / 2
	k.norm("stem_bn", config.Stem(), side*side)
	for _, b := range config.Blocks() {
		if b.Expand != 1 {
			k.norm(b.Name+"_expand_bn", b.Expanded(), side*side)
		} else {
			k.norms = append(k.norms, nil)
		}
		side = (side + b.Stride - 1) / b.Stride
		k.norm(b.Name+"_bn", b.Expanded(), side*side)
		k.norm(b.Name+"_project_bn", b.Out, side*side)
	}
	k.norm("top_bn", config.Features(), side*side)
	to := structs[C.pvs_norm](&k.builder, len(k.norms))
	k.c.norms = &to[0]
	for i, n := range k.norms {
		if n != nil {
			at := func(x []float32) *C.float { return (*C.float)(&x[0]) }
			to[i] = C.pvs_norm{channels: C.int(n.filled), mean: at(n.mean), scale: at(n.scale), shift: at(n.shift), back: at(n.back), back_mean: at(n.backMean), back_slope: at(n.backSlope)}
		}
	}
}

func (k *kernels) norm(name string, channels, places int) {
	n := &norm{name: name, channels: channels, places: places, filled: vectors(channels, k.lanes)}
	for _, v := range []*[]float32{&n.mean, &n.scale, &n.shift, &n.back, &n.backMean, &n.backSlope} {
		_, *v = k.room(n.filled)
	}
	for _, v := range []*[]float64{&n.gamma, &n.beta, &n.inverse} {
		*v = make([]float64, channels)
	}
	for _, v := range []*[]float32{&n.start, &n.batchMean, &n.unbiased} {
		*v = make([]float32, channels)
	}
	for weight, gradients := range map[string]*[]float32{"/gamma": &n.dGamma, "/beta": &n.dBeta} {
		if k.trains(name + weight) {
			*gradients = make([]float32, channels)
		}
	}
	k.norms = append(k.norms, n)
}

// The phases of both languages have one order.
var _ = [1]struct{}{}[C.pvs_stem_back-int(stemBack)]

// phasesMemory is how many values the phases of so many images need.
func (k *kernels) phasesMemory(images int) int {
	return int(C.pvs_phases_memory(k.c, C.int(images)))
}

// phase runs a part's phase.
func (k *kernels) phase(p *part, f phase, block, count, channels int, images, factors, features, slopes []float32) {
	p.room(&p.tally, max(2*channels, len(p.tally)))
	C.pvs_phase(k.c, C.int(f), C.int(block), C.int(count), floats(images), floats(factors), floats(features), floats(slopes), floats(p.sums), floats(p.tally), C.int(channels), floats(p.kept))
	runtime.KeepAlive(k)
}
