package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/backbone"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// unknown says that nothing is known of vectors, which are then compared with all.
func (a *app) unknown(name string, o *vectors.Origin) {
	if !o.Known() {
		name = strings.TrimSuffix(name, ".npy")
		said := fmt.Sprintf("%s.json does not say what made the vectors %s", name, name)
		if _, err := os.Stat(name + ".json"); errors.Is(err, fs.ErrNotExist) {
			said = fmt.Sprintf("there is no %s.json, which would say what made the vectors %s", name, name)
		}
		a.log(said + ": whether they may be compared with others is not checked")
	}
}

// given lists the flags that name a network or how it is used.
func (f *networkFlags) given() (flags []string) {
	add := func(given bool, flag string, value any) {
		if given {
			flags = append(flags, strings.TrimSpace(fmt.Sprint("--", flag, " ", value)))
		}
	}
	add(f.Baseline, "baseline", "")
	add(f.Checkpoint != "", "checkpoint", f.Checkpoint)
	add(f.Weights != "", "weights", f.Weights)
	add(f.Model != "", "model", f.Model)
	add(f.Network != "", "network", f.Network)
	add(f.Normalise != "", "normalise", f.Normalise)
	add(f.Output != "", "output", f.Output)
	add(f.Pixels != 0, "pixels", f.Pixels)
	add(f.Centre != 0, "centre", f.Centre)
	add(len(f.Views) > 0, "views", strings.Join(viewNames(f.Views, 0), ","))
	add(f.Precision != nil, "precision", f.precision())
	return flags
}

// as makes the embedder that an index was made with, of the weights that its NAME.json
// names or, where the flags name some, of those if they are the same.
func (f *networkFlags) as(a *app, index string, o *vectors.Origin) (embed.Embedder, error) {
	w, o, err := whiteningOf(index, o)
	if err != nil {
		return nil, err
	}
	e, err := f.plain(a, index, o)
	if err != nil || w == nil {
		return e, err
	}
	return whiten.NewEmbedder(e, w)
}

// plain is as for an index that was not whitened.
func (f *networkFlags) plain(a *app, index string, o *vectors.Origin) (embed.Embedder, error) {
	if o.Network == backbone.Name {
		return f.onnxAs(a, index, o)
	}
	n, err := f.matching(a, index, o)
	if err != nil {
		return nil, err
	}
	if n == nil {
		e := embed.Histogram{}
		made := e.Origin()
		return e, vectors.Compare("the index "+index, o, "the photo", &made)
	}
	same := networkFlags{Batch: f.Batch, Pixels: o.Pixels, Centre: o.Centre, Precision: new(effnet.Precision),
		Shrunk: new(o.Decode == embed.DecodeShrunk)}
	if err := same.Precision.UnmarshalText([]byte(o.Precision)); err != nil {
		return nil, fmt.Errorf("the index %s: %w", index, err)
	}
	views, err := viewsOf(o.Views)
	if err != nil {
		return nil, fmt.Errorf("the index %s: %w", index, err)
	}
	e, err := looking(views, o.Pixels, same.starter(a, n, embed.Output(o.Output)))
	if err != nil {
		return nil, err
	}
	if one, ok := e.(*embed.Network); ok {
		if err := one.CalibrateAs(o.Calibration); err != nil {
			return nil, fmt.Errorf("the index %s: %w", index, err)
		}
	}
	made := e.Origin()
	return e, vectors.Compare("the index "+index, o, "the photo", &made)
}

// looksElsewhere is a flag by which photos are looked at otherwise than an origin says; "": none.
func (f *networkFlags) looksElsewhere(o *vectors.Origin) string {
	switch {
	case f.Pixels != 0 && f.Pixels != o.Pixels:
		return fmt.Sprint("--pixels ", f.Pixels)
	case f.Centre != 0 && f.Centre != cmp.Or(o.Centre, 1):
		return fmt.Sprint("--centre ", f.Centre)
	case len(f.Views) > 0 && !slices.Equal(viewNames(f.Views, o.Pixels), o.Views):
		return "--views " + strings.Join(viewNames(f.Views, 0), ",")
	}
	return ""
}

// disagrees refuses a flag that says otherwise than what an index was made with.
func disagrees(index string, o *vectors.Origin, flag string) error {
	return fmt.Errorf("the index %s was made with %s, but %s says otherwise: leave it out, or embed the index with it",
		index, o, flag)
}

// matching loads the network of an index; nil for colour histograms. Flags that say
// otherwise, and weights that are gone or others, are errors.
func (f *networkFlags) matching(a *app, index string, o *vectors.Origin) (*network, error) {
	switch given := f.given(); {
	case o.Network == embed.HistogramName && f.Baseline && len(given) == 1,
		o.Network == embed.HistogramName && len(given) == 0:
		return nil, nil
	case o.Network == embed.HistogramName:
		return nil, disagrees(index, o, strings.Join(given, " "))
	case f.Baseline:
		return nil, disagrees(index, o, "--baseline")
	case f.Network != "":
		return nil, disagrees(index, o, "--network "+f.Network)
	case f.Model != "" && !strings.EqualFold(f.Model, o.Network):
		return nil, disagrees(index, o, "--model "+f.Model)
	case f.looksElsewhere(o) != "":
		return nil, disagrees(index, o, f.looksElsewhere(o))
	case f.Precision != nil && f.Precision.String() != o.Precision:
		return nil, disagrees(index, o, "--precision "+f.Precision.String())
	}
	if _, err := effnet.Named(o.Network); err != nil {
		return nil, fmt.Errorf("the index %s was made with %s, which embeds no photos here: search it by --queries",
			index, o)
	}
	n, what, err := f.weightsOf(a, index, o)
	if err != nil {
		return nil, err
	}
	if digest := embed.Digest(n.config, n.values, embed.Output(o.Output)); n.config.Name != o.Network ||
		digest != o.Weights {
		found := vectors.Origin{Network: n.config.Name, Title: n.config.Title, Run: n.run, Weights: digest}
		return nil, fmt.Errorf("the index %s was made with %s, but %s is %s: leave it out if it was named, "+
			"else name the weights that the index was made with by --weights or --checkpoint, or embed the index again",
			index, o, what, &found)
	}
	return n, nil
}

// weightsOf loads the weights that the flags name, or else those that the index was made
// with, and says which in words.
func (f *networkFlags) weightsOf(a *app, index string, o *vectors.Origin) (n *network, what string, err error) {
	from := networkFlags{Checkpoint: f.Checkpoint, Weights: f.Weights, Model: f.Model}
	named := from.Checkpoint != "" || from.Weights != ""
	if !named {
		from = networkFlags{Checkpoint: o.Checkpoint, Weights: o.WeightsFrom}
	}
	what = "the checkpoint " + from.Checkpoint
	if from.Checkpoint == "" {
		what = "what --weights " + from.Weights + " names"
		if !named {
			what = "what the weights " + from.Weights + " are now"
		}
		if strings.ContainsAny(from.Weights, "./\\") { // a file, as weights.Find tells them
			from.Model = o.Network
		}
	} else {
		from.Model = ""
	}
	if from.Checkpoint == "" && from.Weights == "" {
		return nil, "", fmt.Errorf("the index %s was made with %s, and nothing says where those "+
			"weights are: name them by --weights or --checkpoint", index, o)
	}
	if n, err = from.load(a); err == nil || named {
		return n, what, err
	}
	place := from.Checkpoint
	if place == "" {
		place = from.Weights
	}
	gone := errors.Is(err, fs.ErrNotExist)
	if strings.ContainsAny(place, "./\\") {
		_, stat := os.Stat(place)
		gone = gone || errors.Is(stat, fs.ErrNotExist)
	}
	if gone {
		return nil, "", fmt.Errorf("the index %s was made with %s of %s, which is not there now: name those "+
			"weights by --weights or --checkpoint", index, o, place)
	}
	return nil, "", fmt.Errorf("the index %s was made with %s of %s, which cannot be had now: %w", index, o, place, err)
}
