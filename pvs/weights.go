package pvs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/finetune"
)

// model is a network's weights and where they are from.
type model struct {
	config                effnet.Config
	values                map[string][]float32
	pixels                int     // that they were trained at; 0: as the variant says
	from, run, checkpoint string  // as [embed.NetworkOptions] take them
	centre                float64 // share of a photo's side that it looks at; 0: all
}

// load reads the weights that the options name.
func (o NetworkOptions) load(ctx context.Context, log func(string)) (m model, err error) {
	switch {
	case o.Checkpoint != "" && (o.Weights != "" || o.Name != ""):
		return m, errors.New("a checkpoint brings its network and weights: leave out Name and Weights")
	case o.Checkpoint != "":
		return trained(o.Checkpoint, log)
	case o.Weights != "":
		return fromFile(o.Weights, o.Name, log)
	}
	var s weights.Source
	var path string
	if o.Name == "" {
		s, path, err = weights.Default(ctx, log)
	} else {
		s, path, err = imageNet(ctx, o.Name, log)
	}
	if err != nil {
		return m, err
	}
	m, err = fromFile(path, s.Model, log)
	m.from = s.Name
	return m, err
}

// imageNet finds the weights of a variant or of a source, whose file it returns.
func imageNet(ctx context.Context, name string, log func(string)) (weights.Source, string, error) {
	var unavailable error
	var known []string
	for _, s := range weights.Sources {
		known = append(known, s.Model, s.Name)
		if !strings.EqualFold(s.Name, name) && !strings.EqualFold(s.Model, name) {
			continue
		}
		path, err := s.Fetch(ctx, log)
		if err == nil || ctx.Err() != nil {
			return s, path, err
		}
		unavailable = err
	}
	if unavailable != nil {
		return weights.Source{}, "", unavailable
	}
	return weights.Source{}, "", fmt.Errorf("there are no ImageNet weights of %q, but of %s: for another variant "+
		"name the file of its weights, too", name, strings.Join(known, ", "))
}

// fromFile reads a weights file for a variant, "" for the one that it fits.
func fromFile(path, variant string, log func(string)) (m model, err error) {
	f, err := weights.Read(path)
	if err != nil {
		return m, err
	}
	if variant == "" {
		m.config, err = weights.Identify(f)
	} else {
		m.config, err = effnet.Named(variant)
	}
	if err != nil {
		return m, err
	}
	w, err := f.For(m.config)
	if err != nil {
		return m, err
	}
	for _, note := range w.Notes {
		log(fmt.Sprintf("weights file %s: %s", filepath.Base(path), note))
	}
	m.values = w.Values
	m.from, err = filepath.Abs(path)
	return m, err
}

// trained reads a run's checkpoint.
func trained(path string, log func(string)) (m model, err error) {
	check, err := finetune.ReadCheckpoint(path)
	if err != nil {
		return m, err
	}
	s := check.Settings
	if !check.Done {
		log(fmt.Sprintf("the run %s is not trained to its end: %d of %d epochs", s.Name, len(check.Epochs), s.Phase.Epochs))
	}
	m = model{values: check.Values, pixels: s.Size, centre: s.Centre, run: s.Name}
	if m.config, err = effnet.Named(s.Network); err != nil {
		return m, err
	}
	m.checkpoint, err = filepath.Abs(path)
	return m, err
}

// embedOptions are the model's and the caller's.
func (o NetworkOptions) embedOptions(m model) embed.NetworkOptions {
	e := embed.NetworkOptions{Size: o.Pixels, Centre: cmp.Or(o.Centre, m.centre), Batch: o.Batch, WeightsFrom: m.from,
		Run: m.run, Checkpoint: m.checkpoint}
	if e.Size == 0 {
		e.Size = m.pixels
	}
	return e
}
