package effnet

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gopvs/product-visual-search/pvs/neck"
)

// Options says how one graph runs the network. The zero value is inference with
// plain convolutions.
type Options struct {
	Formulation Formulation // how convolutions are written; see [FormulationFor]
	Precision   Precision   // what convolutions and activations are computed in
	Train       bool        // the graph will be differentiated
	// DropConnect is the rate towards which stochastic depth rises linearly with the block (Huang et al. 2016): block i
	// of n, counted from 0, has the rate DropConnect*i/n, as in Keras. 0 is off. It needs Noise.
	DropConnect float64
	// Noise says which branches are dropped: [batch, blocks], uniform in [0, 1).
	Noise *Node
	// BatchStatistics normalises by the batch's statistics, as BatchNorm in training mode does, and returns them in
	// Outputs.Statistics.
	BatchStatistics bool
	// Weights is 1 for an image that counts in those statistics and 0 for
	// padding, [batch]; nil: all count.
	Weights *Node
}

// Outputs are the nodes of a network.
type Outputs struct {
	Features *Node            // [batch, Config.Features()], pooled: averages, or as [PoolExponent] says
	Layers   map[string]*Node // outputs by the name of the Keras layer, [batch, h, w, c], in the layer's dtype
	Names    []string         // the keys of Layers, from input to output
	// Statistics are those of the batch, by the BatchNorm's name; empty without Options.BatchStatistics.
	Statistics map[string]Statistics
}

// builder carries what every layer needs.
type builder struct {
	config Config
	opts   Options
	wide   dtypes.DType // of weights, statistics and sums
	scope  *model.Scope
	out    *Outputs
}

// Graph builds the network without its classifier on images [batch, h, w, 3] of
// any float dtype, RGB, 0..255. The scope holds the weights that [Config.Load]
// created. The network is computed in the images' dtype unless Options.Precision says
// otherwise; features are float32 then. It panics, as graph builders do, on images of
// another shape, on missing weights and on invalid options.
func (c Config) Graph(scope *model.Scope, images *Node, opts Options) *Outputs {
	b := c.builder(scope, images, opts)
	blocks := c.Blocks()
	return b.top(b.blocks(blocks, 0, len(blocks), b.stem(images)))
}

// Before builds the network on images up to, but without, a block ("block7a"), and
// returns that block's input, [batch, h, w, c]. It panics as [Config.Graph] does and on
// an unknown block.
func (c Config) Before(scope *model.Scope, images *Node, block string, opts Options) *Node {
	b := c.builder(scope, images, opts)
	return b.widen(b.blocks(c.Blocks(), 0, c.blockIndex(block), b.stem(images)))
}

// From builds the network from a block on; x is that block's input, as [Config.Before] returns it.
func (c Config) From(scope *model.Scope, x *Node, block string, opts Options) *Outputs {
	b := c.builder(scope, x, opts)
	blocks := c.Blocks()
	return b.top(b.blocks(blocks, c.blockIndex(block), len(blocks), b.narrow(x)))
}

// blockIndex finds a block by its name.
func (c Config) blockIndex(name string) int {
	for i, b := range c.Blocks() {
		if b.Name == name {
			return i
		}
	}
	exceptions.Panicf("%s has no block %q", c.Title, name)
	return -1
}

// builder starts a graph on its input.
func (c Config) builder(scope *model.Scope, input *Node, opts Options) *builder {
	if opts.DropConnect < 0 || opts.DropConnect >= 1 {
		exceptions.Panicf("%s: a drop-connect rate of %g is not in [0, 1)", c.Title, opts.DropConnect)
	}
	if opts.DropConnect > 0 && opts.Noise == nil {
		exceptions.Panicf("%s: stochastic depth needs noise", c.Title)
	}
	wide := input.DType()
	if opts.Precision != Float32 {
		wide = dtypes.Float32
	}
	if opts.Precision == Int8 || opts.Precision == Float16 {
		exceptions.Panicf("%s: a graph does not compute in %s; packages effnet/int8 and effnet/cpu do", c.Title,
			opts.Precision)
	}
	return &builder{config: c, opts: opts, wide: wide, scope: scope,
		out: &Outputs{Layers: map[string]*Node{}, Statistics: map[string]Statistics{}}}
}

// stem is everything before the first block.
func (b *builder) stem(images *Node) *Node {
	if images.Rank() != 4 || images.Shape().Dim(3) != 3 || !images.DType().IsFloat() {
		exceptions.Panicf("%s takes images [batch, height, width, 3] of a float type, not %s", b.config.Title, images.Shape())
	}
	x := b.name("normalization", b.config.Normalization().apply(b.widen(images)))
	x = b.conv("stem_conv", b.narrow(x), 2)
	return b.name("stem_activation", b.activate(b.batchNorm("stem_bn", x)))
}

// blocks builds blocks from to to-1.
func (b *builder) blocks(all []Block, from, to int, x *Node) *Node {
	for i := from; i < to; i++ {
		x = b.block(all[i], i, x, dropRate(b.opts.DropConnect, i, len(all)))
	}
	return x
}

// top is everything after the last block.
func (b *builder) top(x *Node) *Outputs {
	x = b.conv("top_conv", x, 1)
	x = b.name("top_activation", b.activate(b.batchNorm("top_bn", x)))
	b.out.Features = b.name("avg_pool", b.pool(x))
	b.out.Features.AssertDims(x.Shape().Dim(0), b.config.Features())
	return b.out
}

// name records the output of a layer.
func (b *builder) name(layer string, x *Node) *Node {
	b.out.Layers[layer] = x
	b.out.Names = append(b.out.Names, layer)
	return x
}

// weight returns a variable's value in x's graph; it panics if the scope lacks it.
func (b *builder) weight(layer, weight string, x *Node) *Node {
	path := model.JoinPath(b.scope.Scope(), layer, weight)
	v := b.scope.Store().GetVariable(path)
	if v == nil {
		exceptions.Panicf("%s has no weight %s: load its weights before building its graph", b.config.Title, path)
	}
	return b.widen(v.NodeValue(x))
}

// block is one MBConv: expand, depthwise convolution, squeeze and excite, project
// (Sandler et al. 2018; Hu et al. 2018). dropConnect is this block's rate.
func (b *builder) block(block Block, index int, input *Node, dropConnect float64) *Node {
	x, p := input, block.Name
	input.AssertDims(-1, -1, -1, block.In)
	if block.Expand != 1 {
		x = b.conv(p+"_expand_conv", x, 1)
		x = b.name(p+"_expand_activation", b.activate(b.batchNorm(p+"_expand_bn", x)))
	}
	x = b.name(p+"_dwconv", b.depthwise(x, b.weight(p+"_dwconv", "depthwise_kernel", x), block.Stride))
	x = b.name(p+"_activation", b.activate(b.batchNorm(p+"_bn", x)))
	if block.Squeeze > 0 {
		x = b.squeezeExcite(block, x)
	}
	x = b.batchNorm(p+"_project_bn", b.conv(p+"_project_conv", x, 1))
	if block.Residual() {
		if dropConnect > 0 {
			x = b.name(p+"_drop", b.stochasticDepth(x, index, dropConnect))
		}
		x = b.name(p+"_add", Add(x, input))
	}
	x.AssertDims(-1, -1, -1, block.Out)
	return x
}

// squeezeExcite scales each channel of x by a gate computed from all channels' means.
func (b *builder) squeezeExcite(block Block, x *Node) *Node {
	p := block.Name
	dense := func(layer string, x *Node) *Node {
		kernel := b.weight(layer, "kernel", x)
		dims := kernel.Shape().Dimensions
		x = Dot(x, Reshape(kernel, dims[2], dims[3])).Product()
		return Add(x, Reshape(b.weight(layer, "bias", x), 1, dims[3]))
	}
	// The gate is [batch, channels]: small, and its gradient is a sum over pixels.
	gate := b.name(p+"_se_squeeze", b.meanOverPixels(x))
	gate = b.name(p+"_se_reduce", b.activate(dense(p+"_se_reduce", gate)))
	gate = b.name(p+"_se_expand", Sigmoid(dense(p+"_se_expand", gate)))
	return b.name(p+"_se_excite", b.multiplyChannels(x, gate))
}

// multiplyChannels multiplies the channels of x [batch, h, w, c] by those of a gate [batch, c].
func (b *builder) multiplyChannels(x, gate *Node) *Node {
	d := gate.Shape().Dimensions
	return b.widened(x, func(x *Node) *Node { return Mul(x, Reshape(gate, d[0], 1, 1, d[1])) })
}

// dropRate is a block's rate of stochastic depth: it rises linearly from 0 at the first block.
func dropRate(dropConnect float64, block, blocks int) float64 {
	return dropConnect * float64(block) / float64(blocks)
}

// BranchFactors returns the factors that stochastic depth multiplies residual branches
// by, [images, blocks], for noise of that shape (see [Options]): 0 or 1/(1-rate).
func (c Config) BranchFactors(noise []float32, dropConnect float64) []float32 {
	blocks := len(c.Blocks())
	factors := make([]float32, len(noise))
	for i, v := range noise {
		if rate := dropRate(dropConnect, i%blocks, blocks); v >= float32(rate) {
			factors[i] = float32(1 / (1 - rate))
		}
	}
	return factors
}

// stochasticDepth drops the whole branch of some images and scales the others by
// 1/(1-rate), so that the expectation stays (Keras: Dropout with noise_shape (None, 1, 1, 1)).
func (b *builder) stochasticDepth(x *Node, index int, rate float64) *Node {
	noise := Reshape(Slice(b.opts.Noise, AxisRange(), AxisElem(index)), x.Shape().Dim(0), 1, 1, 1)
	keep := GreaterOrEqual(noise, Scalar(x.Graph(), noise.DType(), rate))
	return b.widened(x, func(x *Node) *Node {
		return Mul(x, MulScalar(ConvertDType(keep, x.DType()), 1/(1-rate)))
	})
}

// activate is swish, x*sigmoid(x), or ReLU6 in the Lite family.
func (b *builder) activate(x *Node) *Node {
	if b.config.Lite {
		return ClipScalar(x, 0, 6)
	}
	return Mul(x, Sigmoid(x))
}

// batchNorm (Ioffe & Szegedy 2015) normalises by the moving statistics, or by the
// batch's in training mode.
func (b *builder) batchNorm(layer string, x *Node) *Node {
	gamma, beta := b.weight(layer, "gamma", x), b.weight(layer, "beta", x)
	if b.opts.BatchStatistics {
		y, s := b.batchNormInTraining(x, gamma, beta)
		b.out.Statistics[layer] = s
		return b.name(layer, y)
	}
	scale := Div(gamma, Sqrt(AddScalar(b.weight(layer, "moving_variance", x), Epsilon)))
	offset := Sub(beta, Mul(b.weight(layer, "moving_mean", x), scale))
	channels := x.Shape().Dim(3)
	return b.name(layer, b.widened(x, func(x *Node) *Node {
		return Add(Mul(x, Reshape(scale, 1, 1, 1, channels)), Reshape(offset, 1, 1, 1, channels))
	}))
}

// conv is a convolution without bias and with TensorFlow's "same" padding.
func (b *builder) conv(layer string, x *Node, stride int) *Node {
	kernel := b.narrow(b.weight(layer, "kernel", x))
	k := kernel.Shape().Dimensions
	if b.opts.Formulation == Slices && k[0] == 1 && k[1] == 1 && stride == 1 {
		d := x.Shape().Dimensions
		flat := Dot(Reshape(x, d[0]*d[1]*d[2], d[3]), Reshape(kernel, k[2], k[3])).Product()
		return b.name(layer, Reshape(flat, d[0], d[1], d[2], k[3]))
	}
	pads := [][2]int{SamePadding(x.Shape().Dim(1), k[0], stride), SamePadding(x.Shape().Dim(2), k[1], stride)}
	return b.name(layer, Convolve(x, kernel).Strides(stride).PaddingPerDim(pads).Done())
}

// depthwise convolves each channel with its own kernel, [k, k, channels, 1].
func (b *builder) depthwise(x, kernel *Node, stride int) *Node {
	d := newDepthwise(x, kernel, stride)
	forward := d.grouped
	if b.opts.Formulation == Slices {
		forward = d.slices
	}
	if !b.opts.Train {
		return forward()
	}
	return d.differentiable(forward)
}

// pool takes averages over the positions, or generalised means if the weights have an exponent.
func (b *builder) pool(x *Node) *Node {
	if v := b.scope.Store().GetVariable(model.JoinPath(b.scope.Scope(), PoolExponent)); v != nil {
		return neck.GeM(b.widen(x), Reshape(b.widen(v.NodeValue(x))))
	}
	return b.meanOverPixels(x)
}

// meanOverPixels averages [batch, h, w, c] to [batch, c], in the dtype of sums.
func (b *builder) meanOverPixels(x *Node) *Node {
	x = b.widen(x)
	if b.opts.Formulation != Slices {
		return ReduceMean(x, 1, 2)
	}
	// XLA on CPU reduces to channels in a scalar loop, but vectorises a matrix product with a vector of ones.
	d := x.Shape().Dimensions
	ones := Ones(x.Graph(), x.Shape())
	ones = Reshape(Slice(ones, AxisElem(0), AxisRange(), AxisRange(), AxisElem(0)), 1, d[1]*d[2])
	ones = BroadcastToDims(MulScalar(ones, 1/float64(d[1]*d[2])), d[0], d[1]*d[2])
	return Einsum("bp,bpc->bc", ones, Reshape(x, d[0], d[1]*d[2], d[3]))
}

// apply maps pixels to the network's input. It does so on rows of [width * 3] values:
// ONNX Runtime broadcasts an axis of three channels slowly.
func (n Normalization) apply(images *Node) *Node {
	d := images.Shape().Dimensions
	factor, offset := n.Row(d[2])
	row := func(values []float32) *Node {
		return Reshape(ConvertDType(Const(images.Graph(), values), images.DType()), 1, 1, len(values))
	}
	x := Reshape(images, d[0], d[1], 3*d[2])
	return Reshape(Add(Mul(x, row(factor)), row(offset)), d...)
}
