package int8

import (
	"math"
	"strings"
)

// quantised says whether a layer's output is a int8 tensor: of a convolution with
// its BatchNorm and, in the Lite family, its ReLU6 at once.
func quantised(layer string, lite bool) bool {
	switch {
	case strings.HasSuffix(layer, "project_bn"), strings.HasSuffix(layer, "activation"), strings.HasSuffix(layer, "_add"),
		strings.HasSuffix(layer, "_se_excite"), strings.HasSuffix(layer, "_se_squeeze"):
		return true
	case strings.HasSuffix(layer, "_bn"):
		return !lite
	}
	return false
}

// before returns what is done to a layer's output next: swish to that of a convolution
// which an activation follows.
func before(layer string, lite bool) func(float64) float64 {
	if !lite && strings.HasSuffix(layer, "_bn") && !strings.HasSuffix(layer, "project_bn") {
		return func(x float64) float64 { return x / (1 + math.Exp(-x)) }
	}
	return func(x float64) float64 { return x }
}
