package main

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/embed"
)

// networkFlags choose an embedder.
type networkFlags struct {
	Weights  string `help:"keras-b0, timm-b0, lite0 or a file (.h5, .safetensors, .pth); the best that can be had if not given."`
	Model    string `help:"The variant that a weights file is for: b0 to b7, lite0 to lite4, mini."`
	Pixels   int    `help:"Side of the network's input; what the weights were trained on if not given."`
	Batch    int    `default:"8" help:"Photos at once."`
	Baseline bool   `help:"Colour histograms instead of a network."`
}

// open starts backend and network and says which they are.
func (f networkFlags) open(a *app) (e embed.Embedder, c effnet.Config, name string, err error) {
	if f.Baseline {
		return embed.Histogram{}, c, "colour histogram", nil
	}
	c, path, err := weights.Find(a.ctx, f.Weights, f.Model, a.log)
	if err != nil {
		return nil, c, "", err
	}
	w, err := weights.Load(path, c)
	if err != nil {
		return nil, c, "", err
	}
	b, info, err := backend.Open(a.ctx, backend.Inference, a.log)
	if err != nil {
		return nil, c, "", err
	}
	a.log(fmt.Sprintf("%s with the weights of %s runs on %s", c.Title, path, info))
	n, err := embed.NewNetwork(b, c, w.Values, embed.NetworkOptions{Size: f.Pixels, Batch: f.Batch})
	if err != nil {
		return nil, c, "", err
	}
	return n, c, c.Title, nil
}
