package effnet

import (
	"fmt"
	"math"
	"strings"
)

// Variable is one weight tensor of a network without its classifier.
type Variable struct {
	Name  string // Keras's layer and weight: "block7a_expand_conv/kernel"
	Shape []int  // Keras's layout: kernels [h, w, in, out], depthwise kernels [h, w, channels, 1]
}

// Size returns the number of values.
func (v Variable) Size() int {
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// Check says what is wrong with data as the variable's value.
func (v Variable) Check(data []float32) error {
	if len(data) != v.Size() || len(data) == 0 {
		return fmt.Errorf("%s has %d values, not the %d of shape %v", v.Name, len(data), v.Size(), v.Shape)
	}
	return nil
}

// batchNormWeights are the four vectors of a BatchNorm, trained ones first.
var batchNormWeights = []string{"gamma", "beta", "moving_mean", "moving_variance"}

// Variables lists every weight of the network from the input to the last
// convolution's BatchNorm, in the order of Keras's layers.
func (c Config) Variables() []Variable {
	var vs []Variable
	add := func(layer, weight string, shape ...int) {
		vs = append(vs, Variable{Name: layer + "/" + weight, Shape: shape})
	}
	batchNorm := func(layer string, channels int) {
		for _, w := range batchNormWeights {
			add(layer, w, channels)
		}
	}
	add("stem_conv", "kernel", 3, 3, 3, c.Stem())
	batchNorm("stem_bn", c.Stem())
	last := c.Stem()
	for _, b := range c.Blocks() {
		expanded := b.Expanded()
		if b.Expand != 1 {
			add(b.Name+"_expand_conv", "kernel", 1, 1, b.In, expanded)
			batchNorm(b.Name+"_expand_bn", expanded)
		}
		add(b.Name+"_dwconv", "depthwise_kernel", b.Kernel, b.Kernel, expanded, 1)
		batchNorm(b.Name+"_bn", expanded)
		if b.Squeeze > 0 {
			add(b.Name+"_se_reduce", "kernel", 1, 1, expanded, b.Squeeze)
			add(b.Name+"_se_reduce", "bias", b.Squeeze)
			add(b.Name+"_se_expand", "kernel", 1, 1, b.Squeeze, expanded)
			add(b.Name+"_se_expand", "bias", expanded)
		}
		add(b.Name+"_project_conv", "kernel", 1, 1, expanded, b.Out)
		batchNorm(b.Name+"_project_bn", b.Out)
		last = b.Out
	}
	add("top_conv", "kernel", 1, 1, last, c.Features())
	batchNorm("top_bn", c.Features())
	return vs
}

// PoolExponent is a weight that a network may have beside [Config.Variables]: one value above 0, the exponent of
// generalised-mean pooling (package neck). Without it features are averages.
const PoolExponent = "top_pool/exponent"

// Exponent returns the exponent of pooling, 0 for averages.
func Exponent(values map[string][]float32) float32 {
	if p := values[PoolExponent]; len(p) == 1 {
		return p[0]
	}
	return 0
}

// CheckExponent says what is wrong with the exponent of pooling, if there is one.
func CheckExponent(values map[string][]float32) error {
	if p, ok := values[PoolExponent]; ok && (len(p) != 1 || !(p[0] > 0) || p[0] > math.MaxFloat32) {
		return fmt.Errorf("the exponent of pooling (%s) is %v, not one number above 0", PoolExponent, p)
	}
	return nil
}

// VariablesOf lists [Config.Variables], and the exponent of pooling if the values have one.
func (c Config) VariablesOf(values map[string][]float32) []Variable {
	vs := c.Variables()
	if _, ok := values[PoolExponent]; ok {
		vs = append(vs, Variable{Name: PoolExponent, Shape: []int{1}})
	}
	return vs
}

// Statistic says whether the variable is a BatchNorm's moving mean or variance, which
// has no gradient.
func (v Variable) Statistic() bool {
	return strings.HasSuffix(v.Name, "/moving_mean") || strings.HasSuffix(v.Name, "/moving_variance")
}
