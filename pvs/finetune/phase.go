package finetune

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// Trains says which weights a phase trains, under the names of journey.csv.
type Trains string

// What can train. The classifier trains in all but the last.
const (
	NewTop      Trains = "new top"      // the classifier alone
	FromBlock7a Trains = "from block7a" // and the backbone's last stage and top convolution
	Full        Trains = "full"         // and the whole backbone
	SiameseHead Trains = "siamese head" // the projection alone
	lastStage          = "block7a"      // the first layer of "from block7a" is block7a_expand_conv
)

// AllTrains lists the kinds.
var AllTrains = []Trains{NewTop, FromBlock7a, Full, SiameseHead}

// ParseTrains reads a name of journey.csv.
func ParseTrains(s string) (Trains, error) {
	if t := Trains(s); slices.Contains(AllTrains, t) {
		return t, nil
	}
	return "", fmt.Errorf("%q is nothing that can train: it is one of new top, from block7a, full, siamese head", s)
}

// Phase is one row of the journey's table.
type Phase struct {
	Trains Trains `json:"trains"`
	// BatchNorm trains the BatchNorms of the whole backbone, whatever else trains; a
	// frozen one runs with its stored statistics, as Keras's does.
	BatchNorm    bool             `json:"batch_norm"`
	Dropout      float64          `json:"dropout"` // before the classifier
	Views        []imageprep.View `json:"views"`   // of each photo, side by side
	Margin       float64          `json:"margin"`  // of the triplet loss
	Metric       siamese.Metric   `json:"metric"`  // of the triplet loss
	LearningRate float64          `json:"learning_rate"`
	Epochs       int              `json:"epochs"`
	Batch        int              `json:"batch"` // views in a step
}

// Validate says what is wrong with a phase.
func (p Phase) Validate() error {
	if _, err := ParseTrains(string(p.Trains)); err != nil {
		return err
	}
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
	switch {
	case p.Siamese() && p.BatchNorm:
		return fmt.Errorf("a phase of the %s leaves the backbone as it is: its BatchNorms cannot train", p.Trains)
	case p.Siamese() && !positive(p.Margin):
		return fmt.Errorf("the margin of the triplet loss is %g and must be above 0", p.Margin)
	case p.Siamese() && len(p.Views) < 2:
		return fmt.Errorf("the triplet loss needs at least two views of a photo, not %d", len(p.Views))
	case !(p.Dropout >= 0 && p.Dropout < 1):
		return fmt.Errorf("a dropout of %g is not in [0, 1)", p.Dropout)
	case !positive(p.LearningRate):
		return fmt.Errorf("a learning rate of %g is not above 0", p.LearningRate)
	case len(p.Views) == 0:
		return fmt.Errorf("the phase has no views of photos; A0 is the photo as it is")
	case p.Epochs < 1:
		return fmt.Errorf("%d epochs: at least one is needed", p.Epochs)
	case p.Batch < 2:
		return fmt.Errorf("a batch of %d: at least two views are needed", p.Batch)
	}
	for i, v := range p.Views {
		if slices.Contains(p.Views[:i], v) {
			return fmt.Errorf("the view %s is named twice", v)
		}
	}
	return nil
}

// Siamese says whether the phase trains the projection with the triplet loss.
func (p Phase) Siamese() bool { return p.Trains == SiameseHead }

// TrainsBackbone says whether layers of the backbone are trained.
func (p Phase) TrainsBackbone() bool { return p.Trains == FromBlock7a || p.Trains == Full }

// FixedViews says whether every pass sees the same views.
func (p Phase) FixedViews() bool {
	return !slices.ContainsFunc(p.Views, imageprep.View.Random)
}

// String reads like a row of the table.
func (p Phase) String() string {
	var views []string
	for _, v := range p.Views {
		views = append(views, v.String())
	}
	what := string(p.Trains)
	if p.Siamese() {
		what += fmt.Sprintf(", %s margin %g", p.Metric, p.Margin)
	} else {
		if p.BatchNorm {
			what += ", BatchNorms trained"
		} else {
			what += ", BatchNorms frozen"
		}
		what += fmt.Sprintf(", dropout %g", p.Dropout)
	}
	epochs := fmt.Sprintf("%d epochs", p.Epochs)
	if p.Epochs == 1 {
		epochs = "1 epoch"
	}
	learningRate := strings.Replace(strconv.FormatFloat(p.LearningRate, 'g', 6, 64), "e-0", "e-", 1) // 1e-5, not 1e-05
	return fmt.Sprintf("%s, Adam %s, %s of batches of %d, %s", what, learningRate, epochs, p.Batch,
		strings.Join(views, " "))
}

// Trainable lists the weights that a phase trains, in the network's order, the head's last.
func (p Phase) Trainable(c effnet.Config) []string {
	if p.Siamese() {
		return []string{siamese.Kernel, siamese.Bias}
	}
	var names []string
	reached := p.Trains == Full
	for _, v := range c.Variables() {
		reached = reached || p.Trains == FromBlock7a && strings.HasPrefix(v.Name, lastStage)
		isNorm := strings.HasSuffix(v.Name, "/gamma") || strings.HasSuffix(v.Name, "/beta")
		if v.Statistic() {
			continue
		}
		if isNorm && p.BatchNorm || !isNorm && reached {
			names = append(names, v.Name)
		}
	}
	return append(names, classify.Gamma, classify.Beta, classify.Kernel, classify.Bias)
}

// headWeights is how many of those are the classifier's.
const headWeights = 4

// Input is where in the network a phase's inputs enter.
type Input string

// The inputs, from the photo on.
const (
	FromImages   Input = "images"
	FromBlock    Input = lastStage  // what enters block7a
	FromFeatures Input = "features" // the pooled features
)

// CachedInput returns the last input before which nothing trains.
func (p Phase) CachedInput() Input {
	switch {
	case p.BatchNorm || p.Trains == Full:
		return FromImages
	case p.Trains == FromBlock7a:
		return FromBlock
	}
	return FromFeatures
}
