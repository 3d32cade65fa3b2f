package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/finetune"
)

// networkFlags choose an embedder.
type networkFlags struct {
	Checkpoint string `help:"A trained run's checkpoint or folder, instead of ImageNet weights." placeholder:"FILE"`
	Weights    string `help:"keras-b0, timm-b0, lite0 or a file (.h5, .safetensors, .pth); the best that can be had if not given."`
	Model      string `help:"The variant that a weights file is for: b0 to b7, lite0 to lite4, mini."`
	Pixels     int    `not:"0" help:"Side of the network's input; what the weights were trained on if not given."`
	Batch      int    `not:"0" help:"Photos at once; 8 if not given, or as many as keep all cores at work."`
	Baseline   bool   `help:"Colour histograms instead of a network."`

	Precision effnet.Precision `default:"float32" enum:"float32,float16,bfloat16,int8" help:"What the network computes in: float32, float16 for CPUs that multiply it (AVX512-FP16), bfloat16 for GPUs and TPUs, or int8, calibrated on the photos, for CPUs that multiply bytes faster (VNNI)."`
}

// ownKernels says where a network runs that needs no backend.
const ownKernels = "this CPU in kernels of its own (GOMLX_BACKEND would name another way)"

// open starts backend and network and says which they are.
func (f *networkFlags) open(a *app) (e embed.Embedder, c effnet.Config, name string, err error) {
	if f.Baseline {
		return embed.Histogram{}, c, "colour histogram", nil
	}
	c, values, path, title, err := f.values(a)
	if err != nil {
		return nil, c, "", err
	}
	b, info, err := backend.Open(a.ctx, backend.Inference, a.log)
	if err != nil {
		return nil, c, "", err
	}
	opts := embed.NetworkOptions{Size: f.Pixels, Batch: f.Batch, Precision: f.Precision}
	where := info.String()
	if f.Precision == effnet.Int8 {
		e, err = embed.NewQuantized(b, c, values, opts)
	} else {
		var n *embed.Network
		n, err = embed.NewNetwork(b, c, values, opts)
		if err == nil && n.Own() {
			where = ownKernels
		}
		e = n
	}
	if err != nil {
		return nil, c, "", err
	}
	a.log(fmt.Sprintf("%s with the weights of %s runs on %s, in %s", c.Title, path, where, f.Precision))
	return e, c, title, nil
}

// values reads the weights and, with a checkpoint, what it was trained at.
func (f *networkFlags) values(a *app) (c effnet.Config, values map[string][]float32, path, title string, err error) {
	if f.Checkpoint == "" {
		if c, path, err = weights.Find(a.ctx, f.Weights, f.Model, a.log); err != nil {
			return c, nil, "", "", err
		}
		w, err := weights.Load(path, c)
		if err != nil {
			return c, nil, "", "", err
		}
		for _, note := range w.Notes {
			a.log(fmt.Sprintf("weights file %s: %s", filepath.Base(path), note))
		}
		return c, w.Values, path, c.Title, nil
	}
	if f.Weights != "" || f.Model != "" {
		return c, nil, "", "", errors.New("a checkpoint brings its weights: leave out --weights and --model")
	}
	check, err := finetune.ReadCheckpoint(f.Checkpoint)
	if err != nil {
		return c, nil, "", "", err
	}
	if c, err = effnet.Named(check.Settings.Network); err != nil {
		return c, nil, "", "", err
	}
	if !check.Done {
		a.log(fmt.Sprintf("the run %s is not trained to its end: %d of %d epochs", check.Settings.Name, len(check.Epochs), check.Settings.Phase.Epochs))
	}
	if f.Pixels == 0 {
		f.Pixels = check.Settings.Size
	}
	return c, check.Values, f.Checkpoint, fmt.Sprintf("%s, run %s", c.Title, check.Settings.Name), nil
}
