//go:build cgo && amd64

package cpu

// #include "cpu.h"
import "C"

import (
	"fmt"
	"runtime"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// minSavedChannels is how many input channels an expansion has at least whose output is saved.
const minSavedChannels = C.pvs_min_saved_channels

// trainingNetwork is the network as C trains it, and where the gradients of its weights are.
type trainingNetwork struct {
	builder
	c             *C.pvs_training
	batchNorms    []*batchNorm // nil in inference mode
	trains        func(name string) bool
	packedWeights []packedWeight
	weightPanels  []weightPanel // of all of them
	sums          int           // values of a part's gradients
}

// newTrainingNetwork allocates the weights of a network that trains from block first on, and its BatchNorms in
// training mode if batchNorms.
func newTrainingNetwork(config effnet.Config, size, first int, batchNorms bool, trains func(name string) bool,
	lanes int) (*trainingNetwork, error) {
	t := &trainingNetwork{builder: builder{lanes: lanes, unfolded: batchNorms}, trains: trains}
	if err := t.build(func() { t.all(config, size, first) }); err != nil {
		return nil, fmt.Errorf("%s: %w", config.Title, err)
	}
	runtime.AddCleanup(t, (*cMemory).release, t.memory)
	t.weightPanels = weightPanels(t.packedWeights)
	return t, nil
}

// all allocates all that C reads.
func (t *trainingNetwork) all(config effnet.Config, size, first int) {
	t.c = &structs[C.pvs_training](&t.builder, 1)[0]
	t.c.network = t.network(config, size, first, false)
	if first == 0 { // the stem trains
		stem := channelPanels(stemPatch, config.Stem(), t.lanes).fill(C.pvs_patch_row)
		t.c.stem = t.matrix("stem_conv", "stem_bn", stem)
		t.c.stem_gradient = t.sum("stem_conv/kernel", "stem_bn", stem)
	}
	blocks := config.Blocks()
	to := structs[C.pvs_block_backward](&t.builder, len(blocks))
	t.c.blocks = &to[0]
	for i, b := range blocks[first:] {
		to[first+i] = t.blockBackward(b)
	}
	in, features := blocks[len(blocks)-1].Out, config.Features()
	top := channelPanels(in, features, t.lanes)
	t.c.top = t.matrix("top_conv", "top_bn", top)
	t.c.top_transposed = t.transposed("top_conv", "top_bn",
		matrixPanels(features, in, t.lanes).fill(vectors(features, t.lanes)))
	t.c.top_gradient = t.sum("top_conv/kernel", "top_bn", top)
	one := panels{rows: 1, columns: 1, filled: 1, widths: []int{1}}
	t.c.exponent_gradient = t.sum(effnet.PoolExponent, "", one)
	if t.unfolded {
		t.addBatchNorms(config, size)
	}
}

// blockBackward is what the backward pass of a block needs besides the block.
func (t *trainingNetwork) blockBackward(e effnet.Block) C.pvs_block_backward {
	expanded := e.Expanded()
	s := C.pvs_block_backward{}
	if e.Expand != 1 {
		s.expand = t.transposed(e.Name+"_expand_conv", e.Name+"_expand_bn",
			matrixPanels(expanded, e.In, t.lanes).fill(vectors(expanded, t.lanes)))
		s.expand_gradient = t.sum(e.Name+"_expand_conv/kernel", e.Name+"_expand_bn", channelPanels(e.In, expanded, t.lanes))
	}
	s.depthwise_gradient = t.sum(e.Name+"_dwconv/depthwise_kernel", e.Name+"_bn",
		channelPanels(e.Kernel*e.Kernel, expanded, t.lanes))
	if e.Squeeze > 0 {
		one := func(rows, columns int) panels {
			return panels{rows: rows, columns: columns, filled: rows, widths: []int{columns}}
		}
		s.squeeze = C.pvs_dense{in: C.int(e.Squeeze), out: C.int(expanded), weights: t.packed(e.Name+"_se_reduce/kernel", "",
			one(e.Squeeze, expanded).ofTranspose())}
		s.squeeze_gradient = t.sum(e.Name+"_se_reduce/kernel", "", one(e.Squeeze, expanded).ofTranspose())
		s.squeeze_bias_gradient = t.sum(e.Name+"_se_reduce/bias", "", one(1, e.Squeeze))
		s.excite_gradient = t.sum(e.Name+"_se_expand/kernel", "", one(e.Squeeze, expanded))
		s.excite_bias_gradient = t.sum(e.Name+"_se_expand/bias", "", one(1, expanded))
	}
	project := channelPanels(e.Out, expanded, t.lanes).ofTranspose()
	s.project = C.pvs_matrix{in: C.int(e.Out), out: C.int(expanded), weights: t.packed(e.Name+"_project_conv/kernel",
		e.Name+"_project_bn", project)}
	s.project_gradient = t.sum(e.Name+"_project_conv/kernel", e.Name+"_project_bn", project)
	return s
}

// transposed is a convolution's transpose, which has no bias.
func (t *trainingNetwork) transposed(layer, norm string, p panels) C.pvs_matrix {
	return C.pvs_matrix{in: C.int(p.filled), out: C.int(p.columns), weights: t.packed(layer+"/kernel", norm,
		p.ofTranspose())}
}

// sum reserves a weight's gradients in the sums if it trains, and returns their index, else -1.
func (t *trainingNetwork) sum(name, norm string, p panels) C.long {
	if !t.trains(name) {
		return -1
	}
	if t.unfolded {
		norm = ""
	}
	at := t.sums
	t.packedWeights = append(t.packedWeights, packedWeight{name, norm, at, p})
	t.sums = vectors(at+p.size(), 16) // whole cache lines
	return C.long(at)
}

// savedValues is how many values forward saves.
func (t *trainingNetwork) savedValues(count, first int) int {
	return int(C.pvs_saved_values(t.c, C.int(count), C.int(first)))
}

// forward computes a part's features, and saves what backward needs.
func (t *trainingNetwork) forward(p *part, in, factors, features []float32, count, first int) {
	resize(&p.saved, t.savedValues(count, first))
	resize(&p.scratch, int(C.pvs_training_scratch(t.c, C.int(count), C.int(first))))
	C.pvs_forward(t.c, floats(in), C.int(count), C.int(first), floats(factors), floats(p.saved), floats(features),
		floats(p.scratch))
	runtime.KeepAlive(t)
}

// backward adds a part's gradients to its sums.
func (t *trainingNetwork) backward(p *part, in, factors, dFeatures []float32, count, first int) {
	C.pvs_backward(t.c, floats(in), C.int(count), C.int(first), floats(factors), floats(p.saved), floats(dFeatures),
		floats(p.sums), floats(p.scratch))
	runtime.KeepAlive(t)
}

// addBatchNorms allocates all BatchNorms.
func (t *trainingNetwork) addBatchNorms(config effnet.Config, size int) {
	side := (size + 1) / 2
	t.addBatchNorm("stem_bn", config.Stem(), side*side)
	for _, b := range config.Blocks() {
		if b.Expand != 1 {
			t.addBatchNorm(b.Name+"_expand_bn", b.Expanded(), side*side)
		} else {
			t.batchNorms = append(t.batchNorms, nil)
		}
		side = (side + b.Stride - 1) / b.Stride
		t.addBatchNorm(b.Name+"_bn", b.Expanded(), side*side)
		t.addBatchNorm(b.Name+"_project_bn", b.Out, side*side)
	}
	t.addBatchNorm("top_bn", config.Features(), side*side)
	to := structs[C.pvs_batchnorm](&t.builder, len(t.batchNorms))
	t.c.batchnorms = &to[0]
	for i, n := range t.batchNorms {
		if n != nil {
			at := func(x []float32) *C.float { return (*C.float)(&x[0]) }
			to[i] = C.pvs_batchnorm{
				channels: C.int(n.filled), mean: at(n.mean), scale: at(n.scale), shift: at(n.shift),
				dy_factor: at(n.dyFactor), dx_offset: at(n.dxOffset), x_factor: at(n.xFactor),
			}
		}
	}
}

// addBatchNorm allocates one over so many positions of an image.
func (t *trainingNetwork) addBatchNorm(name string, channels, positions int) {
	n := &batchNorm{name: name, channels: channels, positions: positions, filled: vectors(channels, t.lanes)}
	for _, v := range []*[]float32{&n.mean, &n.scale, &n.shift, &n.dyFactor, &n.dxOffset, &n.xFactor} {
		_, *v = t.buffer(n.filled)
	}
	for _, v := range []*[]float64{&n.gamma, &n.beta, &n.inverse} {
		*v = make([]float64, channels)
	}
	for _, v := range []*[]float32{&n.initialMean, &n.batchMean, &n.unbiased} {
		*v = make([]float32, channels)
	}
	for weight, gradient := range map[string]*[]float32{"/gamma": &n.dGamma, "/beta": &n.dBeta} {
		if t.trains(name + weight) {
			*gradient = make([]float32, channels)
		}
	}
	t.batchNorms = append(t.batchNorms, n)
}

// The phases have one order in Go and C: a negative or larger index does not compile.
var _ = [1]struct{}{}[C.pvs_stem_backward-int(stemBackward)]

// phasesScratch is how many values of memory the phases of so many images need.
func (t *trainingNetwork) phasesScratch(images int) int {
	return int(C.pvs_phases_scratch(t.c, C.int(images)))
}

// phase runs a phase of a part.
func (t *trainingNetwork) phase(p *part, f phase, block, count, channels int, images, factors, features,
	dFeatures []float32) {
	resize(&p.partialSums, max(2*channels, len(p.partialSums)))
	C.pvs_phase(t.c, C.int(f), C.int(block), C.int(count), floats(images), floats(factors), floats(features),
		floats(dFeatures), floats(p.sums), floats(p.partialSums), C.int(channels), floats(p.saved))
	runtime.KeepAlive(t)
}
