package recipe

import (
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// Scale is the sizes at which the recipe is repeated, and what they do to the backbone's learning rate. Everything else
// stays.
type Scale struct {
	Name          string
	Photos        int // of the train split, at most; 0: all
	Pixels        int // side of the network's input
	ClassifyBatch int // views in a step of a classifier
	SiameseBatch  int // views in a step of the Siamese head
	// Passes over the photos in place of an epoch of the original: the factor on epochs.
	ClassifyEpoch, SiameseEpoch float64
	// EpochPhotos bounds the photos of a classifier's epoch; the next one goes on with the others. 0: no limit.
	EpochPhotos int
	// ClassifySteps bounds the steps of a classifier's run; 0: no limit.
	ClassifySteps int
	// LearningRate is a factor on the learning rate of runs that train layers of the backbone: in a hundredth of the
	// original's steps its 1e-5 moves the weights too little. 0: 1. Runs of one's own keep the one that they name.
	LearningRate float64
}

// The scales. An epoch of the original was 61,000 steps of 128 views, or 15,000 of 512
// for the Siamese head.
var (
	// Smoke takes minutes and shows that everything runs.
	Smoke = Scale{Name: "smoke", Photos: 48, Pixels: 64, ClassifyBatch: 16, SiameseBatch: 32,
		ClassifyEpoch: 0.05, SiameseEpoch: 0.5, ClassifySteps: 10}
	// Small is for two cores and less than an hour.
	Small = Scale{Name: "small", Photos: 6000, Pixels: 112, ClassifyBatch: 32, SiameseBatch: 128,
		ClassifyEpoch: 1, SiameseEpoch: 1, EpochPhotos: 1500, ClassifySteps: 1500, LearningRate: 5}
	// Medium is for two cores and a night, with the original's batches.
	Medium = Scale{Name: "medium", Photos: 40_000, Pixels: 160, ClassifyBatch: classifyBatch, SiameseBatch: siameseBatch,
		ClassifyEpoch: 1, SiameseEpoch: 1, EpochPhotos: 16_000, ClassifySteps: 3000, LearningRate: 3}
	// Full is the original's, for a GPU.
	Full = Scale{Name: "full", Pixels: 224, ClassifyBatch: classifyBatch, SiameseBatch: siameseBatch,
		ClassifyEpoch: 1, SiameseEpoch: 1}
)

// Scales are all scales, from the smallest on.
func Scales() []Scale { return []Scale{Smoke, Small, Medium, Full} }

// ScaleNamed returns a scale.
func ScaleNamed(name string) (Scale, error) {
	var names []string
	for _, s := range Scales() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scale{}, fmt.Errorf("no scale is called %q: they are %s", name, strings.Join(names, ", "))
}

// Settings returns a run's settings at this scale. Cache says whether the outputs of
// frozen layers are computed once and cached, or, as in Keras, computed in each step.
func (s Scale) Settings(r Run, cache bool) finetune.Settings {
	p := *r.Phase
	p.Batch = s.ClassifyBatch
	factor, most := s.ClassifyEpoch, s.ClassifySteps
	if s.EpochPhotos > 0 {
		n := p.Epochs * max(1, s.EpochPhotos*len(p.Views)/p.Batch)
		if most == 0 || n < most {
			most = n
		}
	}
	if _, err := Find(Journey(), r.Name); err == nil && p.TrainsBackbone() && s.LearningRate > 0 {
		p.LearningRate *= s.LearningRate
	}
	if p.Siamese() {
		factor, most, p.Batch = s.SiameseEpoch, 0, s.SiameseBatch
	}
	return finetune.Settings{Name: r.Name, Parent: r.From, Phase: p, Size: s.Pixels,
		DropConnect: effnet.DefaultDropConnect, Seed: Seed,
		EpochFactor: factor, MaxSteps: most, Cache: cache, Dim: siamese.DefaultDim}
}

// String lists the sizes.
func (s Scale) String() string {
	photos, epoch, limit, rate := "all photos", "", "", ""
	if s.Photos > 0 {
		photos = fmt.Sprintf("up to %d train photos", s.Photos)
	}
	if s.EpochPhotos > 0 {
		epoch = fmt.Sprintf(" of at most %d photos", s.EpochPhotos)
	}
	if s.ClassifySteps > 0 {
		limit = fmt.Sprintf(", at most %d steps a run", s.ClassifySteps)
	}
	if s.LearningRate > 0 {
		rate = fmt.Sprintf(", the backbone's learning rates times %g", s.LearningRate)
	}
	passes := "passes"
	if s.ClassifyEpoch == 1 {
		passes = "pass"
	}
	epoch = fmt.Sprintf("%g %s%s (%g for the Siamese head)", s.ClassifyEpoch, passes, epoch, s.SiameseEpoch)
	return fmt.Sprintf("%s: %s at %d pixels, batches of %d and %d, an epoch is %s%s%s",
		s.Name, photos, s.Pixels, s.ClassifyBatch, s.SiameseBatch, epoch, limit, rate)
}
