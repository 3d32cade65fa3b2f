package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/augment"
	"github.com/gopvs/product-visual-search/pvs/labels"
	"github.com/gopvs/product-visual-search/pvs/losses"
)

// Recipe says how a network is trained for retrieval. [Recommended] is ours.
type Recipe struct {
	Name     string      `json:"name" toml:"name"`
	Labels   labels.Kind `json:"labels" toml:"labels"`       // "": the finest that most photos have
	Dim      int         `json:"dim" toml:"dim"`             // of the vectors
	Classes  int         `json:"classes" toml:"classes"`     // in a batch
	PerClass int         `json:"per_class" toml:"per_class"` // photos of each
	Epochs   int         `json:"epochs" toml:"epochs"`       // at most; an epoch shows each photo about once

	LearningRate float64 `json:"learning_rate" toml:"learning_rate"` // of the backbone, AdamW's
	HeadFactor   float64 `json:"head_factor" toml:"head_factor"`     // times that: of projection and class weights
	WeightDecay  float64 `json:"weight_decay" toml:"weight_decay"`
	WarmUp       float64 `json:"warm_up" toml:"warm_up"` // share of the steps
	Clip         float64 `json:"clip" toml:"clip"`       // of the gradient's global norm; 0: none
	Average      float64 `json:"average" toml:"average"` // decay of the moving average of all weights; 0: none

	Softmax      float64 `json:"softmax" toml:"softmax"` // weight of the softmax loss; 0: without
	Margin       float64 `json:"margin" toml:"margin"`   // ArcFace's, radians; 0: plain cosines (NormFace)
	Scale        float64 `json:"scale" toml:"scale"`
	Smoothing    float64 `json:"smoothing" toml:"smoothing"`     // of its labels
	Contrastive  float64 `json:"contrastive" toml:"contrastive"` // weight of the supervised contrastive loss; 0: without
	Temperature  float64 `json:"temperature" toml:"temperature"`
	DropConnect  float64 `json:"drop_connect" toml:"drop_connect"` // stochastic depth's rate at the last block
	Augmentation string  `json:"augmentation" toml:"augmentation"` // as [augment.Parse] takes it
	MostClasses  int     `json:"most_classes" toml:"most_classes"` // beyond: no softmax, for memory
	Seed         uint64  `json:"seed" toml:"seed"`
	HeldOut      float64 `json:"held_out" toml:"held_out"`           // share of the train photos
	MostHeldOut  int     `json:"most_held_out" toml:"most_held_out"` // photos
	Evaluations  int     `json:"evaluations" toml:"evaluations"`     // on held-out photos, evenly over the training
	Patience     int     `json:"patience" toml:"patience"`           // evaluations without a better one that end it
}

// Recommended is the recipe that fit takes. What it is worth: docs/fit.md.
func Recommended() Recipe {
	return Recipe{Name: "recommended", Dim: 512, Classes: 16, PerClass: 4, Epochs: 40,
		LearningRate: 1e-4, HeadFactor: 10, WeightDecay: 0.01, WarmUp: 0.05, Average: 0.99,
		Softmax: 1, Margin: 0.25, Scale: 20, Contrastive: 1, Temperature: 0.1,
		Augmentation: "strong", MostClasses: 20_000, Seed: 1,
		HeldOut: 0.2, MostHeldOut: 2000, Evaluations: 10, Patience: 5}
}

// Validate says what is wrong with a recipe.
func (r Recipe) Validate() error {
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
	weight := func(v float64) bool { return v >= 0 && !math.IsInf(v, 0) }
	share := func(v float64) bool { return v >= 0 && v < 1 }
	switch {
	case r.Dim < 8 || r.Dim%8 != 0:
		return fmt.Errorf("vectors of %d values: they have a multiple of 8", r.Dim)
	case r.Classes < 1 || r.PerClass < 1 || r.Batch() < 2:
		return fmt.Errorf("a batch of %d classes with %d photos each is none", r.Classes, r.PerClass)
	case r.Epochs < 1:
		return fmt.Errorf("%d epochs: at least one is needed", r.Epochs)
	case !positive(r.LearningRate) || !positive(r.HeadFactor):
		return fmt.Errorf("a learning rate of %g, times %g for the head, is not above 0", r.LearningRate, r.HeadFactor)
	case !weight(r.Softmax) || !weight(r.Contrastive) || !weight(r.Clip) || !weight(r.WeightDecay):
		return fmt.Errorf("the weights of losses (softmax %g, contrastive %g), clip %g and weight decay %g are numbers from "+
			"0 on", r.Softmax, r.Contrastive, r.Clip, r.WeightDecay)
	case r.Softmax == 0 && r.Contrastive == 0:
		return errors.New("the recipe has no loss")
	case !share(r.WarmUp) || !share(r.Average) || !share(r.HeldOut) || !share(r.DropConnect):
		return errors.New("warm-up, average, held-out share and stochastic depth are shares from 0 to below 1")
	case r.Evaluations < 1 || r.Patience < 1:
		return errors.New("a recipe is evaluated at least once")
	}
	kinds := []labels.Kind{"", labels.Products, labels.Titles, labels.Words, labels.Categories, labels.None}
	if !slices.Contains(kinds, r.Labels) {
		return fmt.Errorf("no labels are called %s: there are products, titles, words, categories and none", r.Labels)
	}
	if _, err := augment.Parse(r.Augmentation); err != nil {
		return err
	}
	_, err := r.terms(2)
	return err
}

// Batch is the photos of a step.
func (r Recipe) Batch() int { return r.Classes * r.PerClass }

// term is a loss with its weight.
type term struct {
	loss   losses.Loss
	weight float64
}

// terms are the losses for so many classes.
func (r Recipe) terms(classes int) ([]term, error) {
	var all []term
	if r.Softmax > 0 && classes <= r.MostClasses {
		o := losses.MarginOptions{Classes: classes, Margin: r.Margin, Scale: r.Scale, LabelSmoothing: r.Smoothing}
		if r.Margin == 0 {
			o.Kind = losses.NormFace
		}
		l, err := losses.NewMargin(o)
		if err != nil {
			return nil, err
		}
		all = append(all, term{l, r.Softmax})
	}
	if r.Contrastive > 0 {
		l, err := losses.NewSupCon(losses.SupConOptions{Temperature: r.Temperature})
		if err != nil {
			return nil, err
		}
		all = append(all, term{l, r.Contrastive})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%d classes are more than the softmax's %d, and the recipe has no other loss", classes,
			r.MostClasses)
	}
	return all, nil
}
