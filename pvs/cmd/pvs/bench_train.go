package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/fit"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// Sizes of what is trained (RECIPE.md).
const (
	benchClasses      = 1000
	benchSiameseBatch = 512
	benchViews        = 6
)

// training measures steps of each phase from photos in memory: what the device does.
func (c *benchCommand) training(a *app, note func(key, unit string, value float64)) error {
	c.Batch = cmp.Or(c.Batch, 8)
	network, err := c.load(a)
	if err != nil {
		return err
	}
	config, values := network.config, network.values
	for name, v := range (classify.Head{Features: config.Features(), Classes: benchClasses}).InitialValues(1) {
		values[name] = v
	}
	for name, v := range (siamese.Head{Features: config.Features(), Dim: siamese.DefaultDim}).InitialValues(1) {
		values[name] = v
	}
	training, inference, err := a.engines(c.precision(), c.Devices)
	if err != nil {
		return err
	}
	a.log(fmt.Sprintf("training %s on %s", config.Title, training.Describe()))
	a.log(fmt.Sprintf("its frozen layers on %s", inference.Describe()))
	size := c.Pixels
	if size == 0 {
		size = config.Resolution
	}
	s, err := finetune.NewSession(training, config, values, finetune.SessionOptions{Size: size,
		DropConnect: effnet.DefaultDropConnect, MicroBatch: c.MicroBatch, Inference: inference})
	if err != nil {
		return err
	}
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	batch := func(row int) finetune.Batch {
		b := finetune.Batch{N: c.Batch, Inputs: make([]float32, c.Batch*row), Labels: make([]int32, c.Batch)}
		for i := range b.Inputs {
			b.Inputs[i] = float32(rng.IntN(256))
		}
		for i := range b.Labels {
			b.Labels[i] = int32(rng.IntN(benchClasses))
		}
		return b
	}
	photos := batch(3 * size * size)
	what := fmt.Sprintf("images a second, batch %d at %d x %d", c.Batch, size, size)
	if c.Devices > 1 {
		what += fmt.Sprintf(" on %d devices", c.Devices)
	}
	for _, f := range []struct {
		key    string
		trains finetune.Trains
		norms  bool
	}{{"new_top", finetune.NewTop, false}, {"block7a", finetune.FromBlock7a, false}, {"full", finetune.Full, false},
		{"full_batchnorm", finetune.Full, true}} {
		if !slices.Contains(c.Phases, f.key) {
			continue
		}
		p := finetune.Phase{Trains: f.trains, BatchNorm: f.norms, Dropout: 0.2, Views: []imageprep.View{imageprep.A0},
			LearningRate: 1e-5, Epochs: 1, Batch: c.Batch}
		if err := c.phase(s, p, finetune.FromImages, photos, f.key, what, note); err != nil {
			return err
		}
		// From the second epoch on, the output of layers that do not train is cached.
		row := 0
		switch p.CachedInput() {
		case finetune.FromImages:
			continue
		case finetune.FromBlock:
			h, w, channels := config.InputOf(string(finetune.FromBlock), size)
			row = h * w * channels
		case finetune.FromFeatures:
			row = config.Features()
		}
		if err := c.phase(s, p, p.CachedInput(), batch(row), f.key+"_kept",
			what+", from the cached "+string(p.CachedInput()), note); err != nil {
			return err
		}
	}
	if slices.Contains(c.Phases, "fit") {
		if err := c.fit(training, config, values, size, note); err != nil {
			return err
		}
	}
	if !slices.Contains(c.Phases, "siamese") {
		return nil
	}
	features := finetune.Batch{N: benchSiameseBatch, Inputs: make([]float32, benchSiameseBatch*config.Features()),
		Labels: make([]int32, benchSiameseBatch)}
	for i := range features.Inputs {
		features.Inputs[i] = float32(rng.NormFloat64())
	}
	for i := range features.Labels {
		features.Labels[i] = int32(i / benchViews)
	}
	p := finetune.Phase{Trains: finetune.SiameseHead, Margin: 0.5, Views: []imageprep.View{imageprep.A0, imageprep.A1,
		imageprep.A2, imageprep.A3, imageprep.A4, imageprep.A5}, LearningRate: 1e-5, Epochs: 1, Batch: benchSiameseBatch}
	return c.phase(s, p, finetune.FromFeatures, features, "siamese",
		fmt.Sprintf("views a second, features in batches of %d", benchSiameseBatch), note)
}

// phase measures the first call of a phase's step and those after it.
func (c *benchCommand) phase(s *finetune.Session, p finetune.Phase, input finetune.Input, batch finetune.Batch,
	key, what string, note func(key, unit string, value float64)) error {
	if err := s.Begin(p, input); err != nil {
		return err
	}
	step := func() error {
		_, err := s.Step(batch)
		return err
	}
	start := time.Now()
	if err := step(); err != nil {
		return err
	}
	note("train_"+key+"_first_call_seconds", "s", time.Since(start).Seconds())
	rate, err := repeat(c.Seconds, 1, step)
	if err != nil {
		return err
	}
	note("train_"+key+"_images_per_second", what, rate*float64(batch.N))
	return nil
}

// fit measures steps of the recipe that pvs fit recommends, of its own batch. They compare with "full" at that --batch.
func (c *benchCommand) fit(e engine.Engine, config effnet.Config, values map[string][]float32, size int,
	note func(key, unit string, value float64)) error {
	r := fit.Recommended()
	s, err := fit.NewStepper(e, config, values, size, r, benchClasses)
	if err != nil {
		return err
	}
	defer s.Close()
	start := time.Now()
	if err := s.Step(); err != nil {
		return err
	}
	note("train_fit_first_call_seconds", "s", time.Since(start).Seconds())
	rate, err := repeat(c.Seconds, 1, s.Step)
	if err != nil {
		return err
	}
	note("train_fit_images_per_second", fmt.Sprintf("images a second, batch %d at %d x %d", r.Batch(), size, size),
		rate*float64(r.Batch()))
	return nil
}
