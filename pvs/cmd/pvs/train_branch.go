package main

import (
	"errors"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/journey"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// branchFlags are those of a run that branches off from another one's epoch.
type branchFlags struct {
	From         string  `help:"${train_from}" placeholder:"RUN@EPOCH"`
	LearningRate float64 `above:"0" help:"With --from: Adam's learning rate, if not the other run's." placeholder:"X"`
	Epochs       int     `min:"1" max:"1000" help:"With --from: epochs, if not the other run's number." placeholder:"N"`
}

// Validate refuses flags that do not go together.
func (c *trainCommand) Validate() error {
	if c.From == "" {
		if c.LearningRate > 0 || c.Epochs > 0 {
			return errors.New("--learning-rate and --epochs go with --from; a run from the start is described in a file, " +
				"by --phases")
		}
		return nil
	}
	if c.Weights != "" || c.Model != "" || c.Pixels > 0 {
		return errors.New("--from brings network, weights and pixels: leave out --weights, --model and --pixels")
	}
	return nil
}

// change changes the phase that is branched off with.
func (f branchFlags) change(p *finetune.Phase) {
	if f.LearningRate > 0 {
		p.LearningRate = f.LearningRate
	}
	if f.Epochs > 0 {
		p.Epochs = f.Epochs
	}
}

// branch trains a run from an epoch of another one.
func (c *trainCommand) branch(a *app) error {
	from, err := journey.PointAt(c.Out, c.From)
	if err != nil {
		return err
	}
	run := recipe.Run{Name: c.Name}
	if c.Phases != "" {
		runs, err := recipe.ReadPhases(c.Phases)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(runs, func(r recipe.Run) bool { return r.Name == c.Name }); i >= 0 {
			run = runs[i]
		}
	}
	j, err := c.open(a, nil, from.Check)
	if err != nil {
		return err
	}
	defer j.Close()
	check, err := j.Branch(a.ctx, from, run, c.change)
	if err != nil {
		return err
	}
	return c.say(a, j, check)
}
