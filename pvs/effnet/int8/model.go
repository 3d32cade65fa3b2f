package int8

import (
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/internal/onnx"
)

// The model's input, and the version of ONNX's own operations.
const (
	inputName = "images"
	opset     = 17
)

// Weights of a product of many take 7 bits: processors without VNNI add two products of
// an unsigned and a signed byte in 16 bits, which 255*64*2 just does not overflow. All
// processors get the same, so that vectors made on one can be searched on another.
const (
	productLimit   = 64
	depthwiseLimit = 127
)

// tensor is a int8 tensor, [batch, h, w, c], in a model.
type tensor struct {
	name    string
	scale   string // constants
	zero    string
	step    float32
	h, w, c int
}

// builder writes one model.
type builder struct {
	onnx.Model
	config  effnet.Config
	values  map[string][]float32
	ranges  Ranges
	batch   int
	missing string // the first layer without a range
}

// Model returns the quantised network as an ONNX model from images, [batch, size, size,
// 3], 0..255, to average-pooled features, [batch, config.Features()], both float32.
func Model(config effnet.Config, values map[string][]float32, ranges Ranges, batch, size int) ([]byte, error) {
	if err := averages(config, values); err != nil {
		return nil, err
	}
	b := &builder{config: config, values: values, ranges: ranges, batch: batch}
	for _, v := range config.Variables() {
		if err := v.Check(values[v.Name]); err != nil {
			return nil, fmt.Errorf("%s: %w", config.Title, err)
		}
	}
	b.Input(inputName, batch, size, size, 3)
	pixels := b.dequantize(b.network(b.images(size)))
	if b.missing != "" {
		return nil, fmt.Errorf("%s in int8: the layer %s is not calibrated", config.Title, b.missing)
	}
	b.Output(b.Node("", "ReduceMean", []string{pixels}, onnx.Ints("axes", 1, 2), onnx.Int("keepdims", 0)), batch,
		config.Features())
	return b.Bytes(config.Title+" in int8", opset), nil
}

// images normalises pixels and makes bytes of them. A row of pixels is one axis here, since
// an operation that repeats its second operand is slow where that is only 3 long.
func (b *builder) images(size int) tensor {
	factor, offset := b.config.Normalization().Row(size)
	var r Range
	for i := range factor {
		r.Low, r.High = min(r.Low, offset[i]), max(r.High, 255*factor[i]+offset[i])
	}
	t := b.tensor(r, size, size, 3)
	x := b.reshape(inputName, b.batch*size, 3*size)
	x = b.Node("", "Mul", []string{x, onnx.Constant(&b.Model, factor, 3*size)})
	x = b.Node("", "Add", []string{x, onnx.Constant(&b.Model, offset, 3*size)})
	t.name = b.reshape(b.Node("", "QuantizeLinear", []string{x, t.scale, t.zero}), b.batch, size, size, 3)
	return t
}

// network is everything between the bytes of the images and those of the last activation.
func (b *builder) network(x tensor) tensor {
	x = b.activated(x, "stem_conv", "stem_bn", "stem_activation", 3, 2, b.config.Stem(), false)
	for _, block := range b.config.Blocks() {
		x = b.block(block, x)
	}
	return b.activated(x, "top_conv", "top_bn", "top_activation", 1, 1, b.config.Features(), false)
}

// calibrated returns a layer's range; the first one that is missing makes [Model] fail.
func (b *builder) calibrated(layer string) Range {
	r, ok := b.ranges[layer]
	if b.missing == "" && (!ok || !(r.Low <= r.High)) {
		b.missing = layer
	}
	return r
}

// block is one MBConv block.
func (b *builder) block(block effnet.Block, input tensor) tensor {
	x, p := input, block.Name
	if block.Expand != 1 {
		x = b.activated(x, p+"_expand_conv", p+"_expand_bn", p+"_expand_activation", 1, 1, block.Expanded(), false)
	}
	x = b.activated(x, p+"_dwconv", p+"_bn", p+"_activation", block.Kernel, block.Stride, block.Expanded(), true)
	if block.Squeeze > 0 {
		x = b.squeezeExcite(block, x)
	}
	x = b.conv(x, p+"_project_conv", p+"_project_bn", b.calibrated(p+"_project_bn"), 1, 1, block.Out, false)
	if block.Residual() {
		x = b.binary("QLinearAdd", x, input, b.calibrated(p+"_add"))
	}
	return x
}

// activated is a convolution, its BatchNorm and the activation: ReLU6 is the end of what a
// byte holds; swish is the product with a table of the sigmoid.
func (b *builder) activated(x tensor, conv, norm, activation string, kernel, stride, out int, depthwise bool) tensor {
	if b.config.Lite {
		return b.conv(x, conv, norm, b.calibrated(activation), kernel, stride, out, depthwise)
	}
	x = b.conv(x, conv, norm, b.calibrated(norm), kernel, stride, out, depthwise)
	gate := b.tensor(Range{0, 1}, x.h, x.w, x.c)
	gate.name = b.Node(onnx.Microsoft, "QLinearSigmoid", []string{x.name, x.scale, x.zero, gate.scale, gate.zero})
	return b.binary("QLinearMul", x, gate, b.calibrated(activation))
}

// squeezeExcite computes its gate in float32, since that is little work, and applies it in bytes.
func (b *builder) squeezeExcite(block effnet.Block, x tensor) tensor {
	p := block.Name
	mean := b.tensor(b.calibrated(p+"_se_squeeze"), 1, 1, x.c)
	mean.name = b.Node(onnx.Microsoft, "QLinearGlobalAveragePool", []string{x.name, x.scale, x.zero, mean.scale,
		mean.zero}, onnx.Int("channels_last", 1))
	dense := func(layer string, in string, rows, columns int) string {
		return b.Node("", "Gemm", []string{in, onnx.Constant(&b.Model, b.values[layer+"/kernel"], rows, columns),
			onnx.Constant(&b.Model, b.values[layer+"/bias"], columns)})
	}
	g := b.tensor(Range{0, 1}, 1, 1, x.c)
	gate := b.reshape(b.dequantize(mean), b.batch, x.c)
	gate = dense(p+"_se_reduce", gate, x.c, block.Squeeze)
	gate = b.Node(onnx.Microsoft, "QuickGelu", []string{gate}, onnx.Float("alpha", 1)) // swish
	gate = b.Node("", "Sigmoid", []string{dense(p+"_se_expand", gate, block.Squeeze, x.c)})
	g.name = b.Node("", "QuantizeLinear", []string{gate, g.scale, g.zero})
	return b.scaled(x, g, b.calibrated(p+"_se_excite"))
}

// scaled multiplies all pixels by the gate of their channel, [batch, c].
func (b *builder) scaled(x, gate tensor, r Range) tensor {
	// Neighbouring pixels of a row are merged, so that what is repeated is long.
	merged := 1
	for merged*x.c < longEnough && x.w%(2*merged) == 0 {
		merged *= 2
	}
	copies := make([]string, merged)
	for i := range copies {
		copies[i] = gate.name
	}
	if merged > 1 {
		gate.name = b.Node("", "Concat", copies, onnx.Int("axis", 1))
	}
	gate.name = b.reshape(gate.name, b.batch, 1, merged*x.c)
	x.name = b.reshape(x.name, b.batch, x.h*x.w/merged, merged*x.c)
	t := b.binary("QLinearMul", x, gate, r)
	t.name = b.reshape(t.name, b.batch, t.h, t.w, t.c)
	return t
}

// longEnough is how many bytes a repeated operand should have.
const longEnough = 512

// binary is an operation of two tensors.
func (b *builder) binary(op string, x, y tensor, r Range) tensor {
	t := b.tensor(r, x.h, x.w, x.c)
	t.name = b.Node(onnx.Microsoft, op, []string{x.name, x.scale, x.zero, y.name, y.scale, y.zero, t.scale, t.zero})
	return t
}

// conv is a convolution with "same" padding and its BatchNorm.
func (b *builder) conv(x tensor, layer, norm string, r Range, kernel, stride, out int, depthwise bool) tensor {
	vertical, horizontal := effnet.SamePadding(x.h, kernel, stride), effnet.SamePadding(x.w, kernel, stride)
	t := b.tensor(r, (x.h+stride-1)/stride, (x.w+stride-1)/stride, out)
	name, in, group, limit := layer+"/kernel", x.c, 1, float64(productLimit)
	if depthwise {
		name, in, group, limit = layer+"/depthwise_kernel", 1, x.c, depthwiseLimit
	}
	w := fold(b.values[name], kernel*kernel, in, out, b.norm(norm))
	weights, scales, biases := w.quantize(float64(x.step), limit)
	m := &b.Model
	t.name = b.Node(onnx.Microsoft, "QLinearConv", []string{x.name, x.scale, x.zero,
		onnx.Constant(m, weights, out, in, kernel, kernel), onnx.Constant(m, scales, out), onnx.Constant(m,
			make([]int8, out), out),
		t.scale, t.zero, onnx.Constant(m, biases, out)},
		onnx.Int("channels_last", 1), onnx.Int("group", group), onnx.Ints("kernel_shape", kernel,
			kernel), onnx.Ints("strides", stride, stride),
		onnx.Ints("pads", vertical[0], horizontal[0], vertical[1], horizontal[1]))
	return t
}

// tensor makes the constants of a tensor of bytes; its name is set by whoever fills it.
func (b *builder) tensor(r Range, h, w, c int) tensor {
	low, high := min(r.Low, 0), max(r.High, 0)
	step := max((high-low)/255, 1e-8)
	zero := uint8(math.Round(float64(-low / step)))
	return tensor{step: step, h: h, w: w, c: c,
		scale: onnx.Constant(&b.Model, []float32{step}), zero: onnx.Constant(&b.Model, []uint8{zero})}
}

func (b *builder) dequantize(x tensor) string {
	return b.Node("", "DequantizeLinear", []string{x.name, x.scale, x.zero})
}

func (b *builder) reshape(x string, dims ...int) string {
	shape := make([]int64, len(dims))
	for i, d := range dims {
		shape[i] = int64(d)
	}
	return b.Node("", "Reshape", []string{x, onnx.Constant(&b.Model, shape, len(shape))})
}
