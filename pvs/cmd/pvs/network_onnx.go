package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/backbone"
	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/fetch"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// onnxFlags name a network as an ONNX file.
type onnxFlags struct {
	Network   string             `help:"${network_onnx}" placeholder:"FILE.onnx"`
	Normalise backbone.Normalise `help:"${network_normalise}"`
	Output    string             `help:"${network_output}" placeholder:"NAME"`
}

// check refuses flags that do not go together, of those that were given.
func (f *onnxFlags) check(given []string) error {
	if f.Network == "" {
		if f.Normalise != "" || f.Output != "" {
			return errors.New("--normalise and --output are for a network in an ONNX file: name it by --network")
		}
		return nil
	}
	for _, flag := range given {
		for _, other := range []string{"--checkpoint", "--weights", "--model", "--precision"} {
			if strings.HasPrefix(flag, other+" ") {
				return fmt.Errorf("--network brings its own weights and precision: leave out %s, or --network", other)
			}
		}
	}
	return nil
}

// find resolves the network's name; files of known ones are in the cache.
func (f *onnxFlags) find() (path string, known *backbone.Known, err error) {
	folder, err := fetch.CacheDir("networks")
	if err != nil {
		return "", nil, err
	}
	return backbone.Find(f.Network, folder)
}

// onnx starts the network in an ONNX file.
func (f *networkFlags) onnx(a *app) (embed.Embedder, error) {
	path, known, err := f.find()
	if err != nil {
		return nil, err
	}
	given := backbone.Settings{Normalise: f.Normalise, Output: f.Output}
	start := f.onnxStarter(a, path, given, known)
	if len(f.Views) == 0 {
		return start(f.Pixels)
	}
	usual := f.Pixels
	if usual == 0 && slices.ContainsFunc(f.Views, func(v sizedView) bool { return v.pixels == 0 }) {
		e, err := start(0) // says its size
		if err != nil {
			return nil, err
		}
		usual = e.Origin().Pixels
		e.(*backbone.Network).Close()
	}
	return looking(f.views(usual), f.Pixels, start)
}

// onnxStarter makes embedders of an ONNX file at one size or another.
func (f *networkFlags) onnxStarter(a *app, path string, given backbone.Settings,
	known *backbone.Known) func(pixels int) (embed.Embedder, error) {
	return func(pixels int) (embed.Embedder, error) {
		library, err := backend.ONNXRuntime(a.ctx, a.log)
		if err != nil {
			return nil, fmt.Errorf("networks in ONNX files need ONNX Runtime: %w", err)
		}
		at := given
		at.Pixels = pixels
		n, err := backbone.Open(path, at, backbone.Options{Library: library, Batch: f.Batch, Known: known,
			Shrunk: f.Shrunk != nil && *f.Shrunk, Centre: f.Centre})
		if err != nil {
			return nil, err
		}
		a.log(n.Describe())
		return n, nil
	}
}

// onnxAs makes the embedder that an index was made with, of the ONNX file that its NAME.json names or the flags do.
func (f *networkFlags) onnxAs(a *app, index string, o *vectors.Origin) (embed.Embedder, error) {
	for _, flag := range []struct {
		differs bool
		name    string
	}{
		{f.Baseline, "--baseline"},
		{f.Checkpoint != "", "--checkpoint " + f.Checkpoint},
		{f.Weights != "", "--weights " + f.Weights},
		{f.Model != "", "--model " + f.Model},
		{f.Precision != nil, "--precision " + f.precision().String()},
		{f.looksElsewhere(o) != "", f.looksElsewhere(o)},
		{f.Normalise != "" && string(f.Normalise) != o.Normalise, "--normalise " + string(f.Normalise)},
		{f.Output != "" && f.Output != o.Output, "--output " + f.Output},
	} {
		if flag.differs {
			return nil, disagrees(index, o, flag.name)
		}
	}
	path, what := o.WeightsFrom, "what "+o.WeightsFrom+" is now"
	if f.Network != "" {
		var err error
		if path, _, err = f.find(); err != nil {
			return nil, err
		}
		what = "--network " + f.Network
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the index %s was made with %s of %s, which is not there now: name the same ONNX file by "+
			"--network", index, o, path)
	}
	views, err := viewsOf(o.Views)
	if err != nil {
		return nil, fmt.Errorf("the index %s: %w", index, err)
	}
	same := networkFlags{Batch: f.Batch, Centre: o.Centre, Shrunk: new(o.Decode == embed.DecodeShrunk)}
	e, err := looking(views, o.Pixels, same.onnxStarter(a, path, backbone.Settings{Title: o.Title,
		Normalise: backbone.Normalise(o.Normalise), Output: o.Output}, nil))
	if err != nil {
		return nil, err
	}
	made := e.Origin()
	return e, vectors.Compare("the index "+index, o, what, &made)
}
