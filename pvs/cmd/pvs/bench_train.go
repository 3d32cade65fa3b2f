package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// benchClasses is the size of the classifier that is trained (RECIPE.md).
const benchClasses = 1000

// training measures steps of each phase from photos in memory: what the device does.
func (c *benchCommand) training(a *app, note func(key, unit string, value float64)) error {
	config, values, _, _, err := c.values(a)
	if err != nil {
		return err
	}
	for name, v := range (classify.Head{Features: config.Features(), Classes: benchClasses}).InitialValues(1) {
		values[name] = v
	}
	b, info, err := backend.Open(a.ctx, backend.Training, a.log)
	if err != nil {
		return err
	}
	a.log(fmt.Sprintf("training %s on %s", config.Title, info))
	inference, info, err := backend.Open(a.ctx, backend.Inference, a.log)
	if err != nil {
		return err
	}
	a.log(fmt.Sprintf("its frozen layers on %s", info))
	size := c.Pixels
	if size == 0 {
		size = config.Resolution
	}
	s, err := finetune.NewSession(b, config, values, finetune.SessionOptions{Size: size, DropConnect: effnet.DefaultDropConnect, MicroBatch: c.MicroBatch, Frozen: inference})
	if err != nil {
		return err
	}
	defer s.Close()
	batch := finetune.Batch{N: c.Batch, Inputs: make([]float32, c.Batch*3*size*size), Labels: make([]int32, c.Batch)}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range batch.Inputs {
		batch.Inputs[i] = float32(rng.IntN(256))
	}
	for i := range batch.Labels {
		batch.Labels[i] = int32(rng.IntN(benchClasses))
	}
	for _, f := range []struct {
		key    string
		trains finetune.Trains
		norms  bool
	}{{"new_top", finetune.NewTop, false}, {"block7a", finetune.FromBlock7a, false}, {"full", finetune.Full, false}, {"full_batchnorm", finetune.Full, true}} {
		p := finetune.Phase{Trains: f.trains, BatchNorm: f.norms, Dropout: 0.2, Views: []imageprep.View{imageprep.A0}, LearningRate: 1e-5, Epochs: 1, Batch: c.Batch}
		if err := s.Begin(p, finetune.FromImages); err != nil {
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
		note("train_"+f.key+"_first_call_seconds", "s", time.Since(start).Seconds())
		rate, err := repeat(c.Seconds, 1, step)
		if err != nil {
			return err
		}
		note("train_"+f.key+"_images_per_second", fmt.Sprintf("images a second, batch %d at %d x %d", c.Batch, size, size), rate*float64(c.Batch))
	}
	return nil
}
