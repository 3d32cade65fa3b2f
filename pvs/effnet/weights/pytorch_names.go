package weights

import (
	"fmt"
	"path"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// isCounter recognises PyTorch's num_batches_tracked, which inference and Keras's BatchNorm do not use.
func isCounter(name string) bool { return strings.HasSuffix(name, ".num_batches_tracked") }

// torchWeights are PyTorch's words for Keras's.
var torchWeights = map[string]string{
	"kernel": "weight", "depthwise_kernel": "weight", "bias": "bias",
	"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var",
}

// torchNames renames layers by a table of layers.
func torchNames(c effnet.Config, layers map[string]string) map[string]string {
	m := map[string]string{}
	for _, v := range c.Variables() {
		layer, weight := path.Split(v.Name)
		m[v.Name] = layers[strings.TrimSuffix(layer, "/")] + "." + torchWeights[weight]
	}
	return m
}

// timmNames are those of timm's tf_efficientnet_*: blocks.STAGE.BLOCK, where the
// first stage's blocks have no expansion and so number their layers differently.
func timmNames(c effnet.Config) map[string]string {
	layers := map[string]string{"stem_conv": "conv_stem", "stem_bn": "bn1", "top_conv": "conv_head", "top_bn": "bn2"}
	for _, b := range c.Blocks() {
		stage, block := int(b.Name[5]-'1'), int(b.Name[6]-'a')
		p := fmt.Sprintf("blocks.%d.%d.", stage, block)
		rename := map[string]string{"_dwconv": "conv_dw", "_bn": "bn1", "_project_conv": "conv_pw", "_project_bn": "bn2"}
		if b.Expand != 1 {
			rename = map[string]string{"_expand_conv": "conv_pw", "_expand_bn": "bn1", "_dwconv": "conv_dw", "_bn": "bn2",
				"_project_conv": "conv_pwl", "_project_bn": "bn3"}
		}
		rename["_se_reduce"], rename["_se_expand"] = "se.conv_reduce", "se.conv_expand"
		for keras, timm := range rename {
			layers[b.Name+keras] = p + timm
		}
	}
	m := torchNames(c, layers)
	m[topKernel], m[topBias] = "classifier.weight", "classifier.bias"
	return m
}

// lukemelasNames are those of the EfficientNet-PyTorch package and of the Lite
// weights that follow it: _blocks.N, counted through all stages.
func lukemelasNames(c effnet.Config) map[string]string {
	layers := map[string]string{"stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1"}
	for i, b := range c.Blocks() {
		p := fmt.Sprintf("_blocks.%d.", i)
		for keras, torch := range map[string]string{
			"_expand_conv": "_expand_conv", "_expand_bn": "_bn0", "_dwconv": "_depthwise_conv", "_bn": "_bn1",
			"_se_reduce": "_se_reduce", "_se_expand": "_se_expand", "_project_conv": "_project_conv", "_project_bn": "_bn2",
		} {
			layers[b.Name+keras] = p + torch
		}
	}
	m := torchNames(c, layers)
	m[topKernel], m[topBias] = "_fc.weight", "_fc.bias"
	return m
}
