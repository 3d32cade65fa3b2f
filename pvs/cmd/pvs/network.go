package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/fetch"
	"github.com/gopvs/product-visual-search/pvs/finetune"
)

// networkFlags choose an embedder.
type networkFlags struct {
	Checkpoint string `help:"A trained run's checkpoint or folder, instead of ImageNet weights." placeholder:"FILE"`
	Weights    string `help:"${network_weights}"`
	onnxFlags
	Model    string `help:"The variant that a weights file is for: b0 to b7, lite0 to lite4, mini."`
	Pixels   int    `min:"32" max:"2048" help:"${network_pixels}"`
	Batch    int    `min:"1" max:"1024" help:"Photos at once; 8 if not given, or as many as keep all cores at work."`
	Baseline bool   `help:"Colour histograms instead of a network."`
	Shrunk   *bool  `negatable:"" help:"${network_shrunk}"`

	Centre    float64           `min:"0.3" max:"1" help:"${network_centre}" placeholder:"SHARE"`
	Views     []sizedView       `help:"${network_views}" placeholder:"VIEW"`
	Precision *effnet.Precision `enum:"float32,float16,bfloat16,int8" help:"${network_precision}"`
}

// network is what networkFlags name, loaded.
type network struct {
	config effnet.Config
	values map[string][]float32
	path   string // of the weights, for messages
	title  string // for people
	// Where the weights are from, as [embed.NetworkOptions] take it.
	from, run, checkpoint string
}

// precision is the one that was named, or float32.
func (f *networkFlags) precision() effnet.Precision {
	if f.Precision == nil {
		return effnet.Float32
	}
	return *f.Precision
}

// Validate refuses flags that do not go together.
func (f *networkFlags) Validate() error {
	if more := f.given(); f.Baseline && len(more) > 1 {
		return fmt.Errorf("--baseline embeds by colour histograms, which have no network: leave out %s, or --baseline",
			strings.Join(more[1:], " and "))
	}
	if f.Checkpoint != "" && (f.Weights != "" || f.Model != "") {
		return errors.New("a checkpoint brings its weights: leave out --weights and --model")
	}
	if err := f.onnxFlags.check(f.given()); err != nil {
		return err
	}
	return f.checkViews()
}

// open starts the network, on the engine that is chosen for it, and names it for people.
func (f *networkFlags) open(a *app) (embed.Embedder, string, error) {
	if f.Baseline {
		return embed.Histogram{}, "colour histogram", nil
	}
	if f.Network != "" {
		e, err := f.onnx(a)
		if err != nil {
			return nil, "", err
		}
		return e, e.Origin().Title, nil
	}
	n, err := f.load(a)
	if err != nil {
		return nil, "", err
	}
	made, err := looking(f.views(n.config.Resolution), f.Pixels, f.starter(a, n, ""))
	if err != nil {
		return nil, "", err
	}
	return made, n.title, nil
}

// starter makes a network's embedders at one size or another.
func (f *networkFlags) starter(a *app, n *network, output embed.Output) func(pixels int) (embed.Embedder, error) {
	return func(pixels int) (embed.Embedder, error) {
		at := *f
		at.Pixels = pixels
		return at.start(a, n, output)
	}
}

// start makes an embedder of a network; output is what becomes the vector, "" for what
// the weights are for.
func (f *networkFlags) start(a *app, n *network, output embed.Output) (*embed.Network, error) {
	e, err := a.engine(backend.Inference, engine.Request{Precision: f.precision()})
	if err != nil {
		return nil, err
	}
	made, err := embed.New(e, n.config, n.values, embed.NetworkOptions{Size: f.Pixels, Batch: f.Batch, Output: output,
		Shrunk: f.Shrunk != nil && *f.Shrunk, Centre: f.Centre,
		WeightsFrom: n.from, Run: n.run, Checkpoint: n.checkpoint})
	if err != nil {
		return nil, err
	}
	a.log(fmt.Sprintf("%s with the weights of %s runs on %s", n.config.Title, n.path, e.Describe()))
	return made, nil
}

// engine starts the backend for a use and chooses the engine of a request that says nothing of it.
func (a *app) engine(use backend.Use, r engine.Request) (engine.Engine, error) {
	b, info, err := backend.Open(a.ctx, use, a.log)
	if err != nil {
		return engine.Engine{}, err
	}
	r.Backend, r.Name, r.Wish, r.Training = b, info.String(), engine.WishFor(info.Named), use == backend.Training
	return engine.Choose(r)
}

// load reads the weights and, with a checkpoint, what it was trained at.
func (f *networkFlags) load(a *app) (*network, error) {
	if f.Checkpoint != "" {
		return f.trained(a)
	}
	c, path, err := weights.Find(a.ctx, f.Weights, f.Model, a.log)
	if err != nil {
		return nil, err
	}
	w, err := weights.Load(path, c)
	if err != nil {
		return nil, err
	}
	for _, note := range w.Notes {
		a.log(fmt.Sprintf("weights file %s: %s", filepath.Base(path), note))
	}
	n := &network{config: c, values: w.Values, path: path, title: c.Title}
	n.from, err = sourceOf(path)
	return n, err
}

// sourceOf names the source whose file it is, which other machines have elsewhere; other
// files are named by their full path.
func sourceOf(path string) (string, error) {
	if dir, err := fetch.CacheDir("weights"); err == nil {
		for _, s := range weights.Sources {
			if filepath.Join(dir, s.File) == path {
				return s.Name, nil
			}
		}
	}
	return filepath.Abs(path)
}

// trained reads a checkpoint.
func (f *networkFlags) trained(a *app) (*network, error) {
	check, err := finetune.ReadCheckpoint(f.Checkpoint)
	if err != nil {
		return nil, err
	}
	s := check.Settings
	c, err := effnet.Named(s.Network)
	if err != nil {
		return nil, err
	}
	if !check.Done {
		a.log(fmt.Sprintf("the run %s is not trained to its end: %d of %d epochs", s.Name, len(check.Epochs), s.Phase.Epochs))
	}
	if f.Pixels == 0 {
		f.Pixels = s.Size
	}
	if f.Centre == 0 {
		f.Centre = s.Centre
	}
	n := &network{config: c, values: check.Values, path: f.Checkpoint, title: fmt.Sprintf("%s, run %s", c.Title, s.Name),
		run: s.Name}
	n.checkpoint, err = filepath.Abs(f.Checkpoint)
	return n, err
}
