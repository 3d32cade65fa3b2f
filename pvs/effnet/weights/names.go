package weights

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// scheme is a family of files by the names that it gives to weights.
type scheme struct {
	name string
	// of returns the file's name for each of Keras's names, the classifier's included.
	of func(c effnet.Config) map[string]string
	// torch says that kernels are [out, in, h, w].
	torch bool
	// ignore says which of the file's other tensors are not weights of the network.
	ignore func(name string) bool
}

// The classifier's weights, under Keras's names.
const (
	topKernel = "predictions/kernel"
	topBias   = "predictions/bias"
)

var schemes = []scheme{
	{"Keras", kerasNames, false, kerasIgnores},
	{"Keras 3", keras3Names, false, kerasIgnores},
	{"timm", timmNames, true, isCounter},
	{"EfficientNet-PyTorch", lukemelasNames, true, isCounter},
}

// kerasIgnores leaves out Keras's Normalization layer: the published file stores the
// deviation where the variance belongs, so the formula is used instead
// ([effnet.Config.Normalization]).
func kerasIgnores(name string) bool { return kerasNormalization.MatchString(name) }

// kerasNormalization matches that layer; Keras numbers it from the second network of a
// process on: "normalization_1/mean".
var kerasNormalization = regexp.MustCompile(`^(layers/)?normalization(_\d+)?/`)

// kerasState matches the groups beside the layers in a file of a compiled network.
var kerasState = regexp.MustCompile(`^(optimizer_weights|optimizer|metrics)/`)

// kerasNames is the identity: effnet's names are Keras's.
func kerasNames(c effnet.Config) map[string]string {
	m := map[string]string{topKernel: topKernel, topBias: topBias}
	for _, v := range c.Variables() {
		m[v.Name] = v.Name
	}
	return m
}

// keras3Names are those of Keras 3's .weights.h5: a layer is named by its class and
// its number among the layers of that class, a weight by its number in the layer.
func keras3Names(c effnet.Config) map[string]string {
	m := map[string]string{topKernel: "layers/dense/vars/0", topBias: "layers/dense/vars/1"}
	count := map[string]int{}
	layer, group := "", ""
	for _, v := range c.Variables() {
		if l := path.Dir(v.Name); l != layer {
			layer = l
			class := "conv2d"
			if strings.HasSuffix(l, "_bn") {
				class = "batch_normalization"
			} else if strings.HasSuffix(l, "_dwconv") {
				class = "depthwise_conv2d"
			}
			group = "layers/" + class
			if n := count[class]; n > 0 {
				group = fmt.Sprintf("%s_%d", group, n)
			}
			count[class]++
		}
		m[v.Name] = fmt.Sprintf("%s/vars/%d", group, keras3Index[path.Base(v.Name)])
	}
	return m
}

// keras3Index is the index of a weight in its layer in Keras 3.
var keras3Index = map[string]int{
	"kernel": 0, "depthwise_kernel": 0, "bias": 1,
	"gamma": 0, "beta": 1, "moving_mean": 2, "moving_variance": 3,
}

// kerasPath matches the end of a legacy .h5 path: "stem_conv/stem_conv/kernel:0",
// "model_weights/efficientnetb0/stem_conv/kernel:0".
var kerasPath = regexp.MustCompile(`([^/]+)/([^/:]+)(:\d+)?$`)

// keras3Path matches the end of a path in a .weights.h5 of Keras 3.
var keras3Path = regexp.MustCompile(`layers/[^/]+/vars/\d+$`)

// kerasName reduces a path of an .h5 file to "layer/weight" or, in Keras 3's layout,
// to "layers/CLASS_N/vars/I".
func kerasName(p string) string {
	if end := keras3Path.FindString(p); end != "" {
		return end
	}
	m := kerasPath.FindStringSubmatch(p)
	if m == nil {
		return p
	}
	layer, weight := m[1], m[2]
	if strings.HasSuffix(layer, "_dwconv") && weight == "kernel" {
		weight = "depthwise_kernel" // Keras 3 calls it so
	}
	return layer + "/" + weight
}
