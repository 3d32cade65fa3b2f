package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/augment"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/labels"
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

	// Weights of the losses of package losses; 0: without.
	Softmax         float64 `json:"softmax" toml:"softmax"`
	Contrastive     float64 `json:"contrastive" toml:"contrastive"` // supervised
	MultiSimilarity float64 `json:"multi_similarity" toml:"multi_similarity"`
	ProxyAnchor     float64 `json:"proxy_anchor" toml:"proxy_anchor"`
	BatchHard       float64 `json:"batch_hard" toml:"batch_hard"` // triplets
	// Words is of a softmax over the words of titles, several a photo, whatever the labels are.
	Words float64 `json:"words" toml:"words"`

	// Of the softmax loss.
	SoftmaxKind string  `json:"softmax_kind" toml:"softmax_kind"` // "arcface" or "cosface"
	Margin      float64 `json:"margin" toml:"margin"`             // radians or a cosine; 0: plain cosines (NormFace)
	Scale       float64 `json:"scale" toml:"scale"`
	SubCentres  int     `json:"sub_centres" toml:"sub_centres"` // vectors of a class, of which the nearest counts
	Smoothing   float64 `json:"smoothing" toml:"smoothing"`     // of labels

	Temperature float64 `json:"temperature" toml:"temperature"` // of the contrastive loss
	// Memory is how many embeddings of earlier batches losses of pairs also compare with, behind the warm-up (XBM:
	// Wang et al. 2020); 0: none.
	Memory int `json:"memory" toml:"memory"`

	// Centre is the least central part of a photo that is tried for the search, as a share of its side; 1: none.
	Centre float64 `json:"centre" toml:"centre"`
	// Larger is the largest side of the input that is tried for the search, in sides of that of the training; 1: none.
	Larger float64 `json:"larger" toml:"larger"`

	// GeM is the exponent that generalised-mean pooling starts training from, 1 or above (package neck); 0: features are
	// averages, unless the network has an exponent already.
	GeM float64 `json:"gem,omitempty" toml:"gem"`

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
		Softmax: 1, SoftmaxKind: "arcface", Margin: 0.25, Scale: 20, SubCentres: 1, Contrastive: 1, Temperature: 0.1,
		Centre: 0.5, Larger: 1.5, Augmentation: "strong", MostClasses: 20_000, Seed: 1,
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
	case !weight(r.Clip) || !weight(r.WeightDecay):
		return fmt.Errorf("clip %g and weight decay %g are numbers from 0 on", r.Clip, r.WeightDecay)
	case !share(r.WarmUp) || !share(r.Average) || !share(r.HeldOut) || !share(r.DropConnect):
		return errors.New("warm-up, average, held-out share and stochastic depth are shares from 0 to below 1")
	case !(r.Centre >= imageprep.LeastCentre && r.Centre <= 1):
		return fmt.Errorf("a centre of %g of a photo's side is not from %g to 1", r.Centre, imageprep.LeastCentre)
	case !(r.Larger >= 1 && r.Larger <= 4):
		return fmt.Errorf("an input of %g times the training's is not from 1 to 4 times", r.Larger)
	case r.GeM != 0 && !(r.GeM >= 1 && r.GeM <= 100):
		return fmt.Errorf("gem = %g: an exponent of pooling is from 1 to 100; 0 leaves it out", r.GeM)
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
	terms, err := r.terms(counts{2, 2})
	if err == nil && r.Memory > 0 && !slices.ContainsFunc(terms, term.ofPairs) {
		err = errors.New("a memory is for losses of pairs (contrastive, multi_similarity, batch_hard): the recipe has none")
	}
	return err
}

// Batch is the photos of a step.
func (r Recipe) Batch() int { return r.Classes * r.PerClass }
