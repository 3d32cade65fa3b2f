package fit

import (
	"errors"
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/losses"
)

// counts are how many labels a training has.
type counts struct {
	classes int // of which a photo has one
	words   int // of titles, of which a photo has several; 0: none
}

// targets are a batch's.
type targets struct {
	labels []int32 // [rows], -1: none
	words  []int32 // [rows, mostWords], -1 where a title has fewer; nil without
}

// mostWords is how many words of a title count, those that the fewest photos have.
const mostWords = 8

// term is a loss with its weight.
type term struct {
	loss    losses.Loss
	weight  float64
	classes string // the name of its class weights, "" without
}

// ofWords says whether its labels are the words of titles.
func (t term) ofWords() bool { return t.classes == headWords }

// ofPairs says whether a loss compares photos with each other, and with a memory.
func (t term) ofPairs() bool { return t.classes == "" }

// terms are a recipe's losses for so many labels.
func (r Recipe) terms(n counts) ([]term, error) {
	var all []term
	var left error
	for _, of := range []struct {
		key     string
		weight  float64
		of      int // classes or words
		classes string
		make    func() (losses.Loss, error)
	}{
		{"softmax", r.Softmax, n.classes, headClasses, func() (losses.Loss, error) { return r.margin(n.classes) }},
		{"proxy_anchor", r.ProxyAnchor, n.classes, headProxies, func() (losses.Loss, error) {
			return losses.NewProxyAnchor(losses.ProxyAnchorOptions{Classes: n.classes})
		}},
		{"words", r.Words, n.words, headWords, func() (losses.Loss, error) {
			return losses.NewMultiLabel(losses.MultiLabelOptions{Classes: n.words, Scale: r.Scale})
		}},
		{"contrastive", r.Contrastive, n.classes, "", func() (losses.Loss, error) {
			return losses.NewSupCon(losses.SupConOptions{Temperature: r.Temperature})
		}},
		{"multi_similarity", r.MultiSimilarity, n.classes, "", func() (losses.Loss, error) {
			return losses.NewMultiSimilarity(losses.MultiSimilarityOptions{})
		}},
		{"batch_hard", r.BatchHard, n.classes, "", func() (losses.Loss, error) {
			return losses.NewBatchHard(losses.BatchHardOptions{Unit: true})
		}},
	} {
		switch {
		case !(of.weight >= 0) || math.IsInf(of.weight, 0):
			return nil, fmt.Errorf("the weight of the loss %s is a number from 0 on, not %g", of.key, of.weight)
		case of.weight == 0:
			continue
		case of.of == 0:
			left = errors.New("the photos have no words to learn from, and the recipe has no other loss")
			continue
		case of.classes != "" && of.of > r.MostClasses: // for memory
			left = fmt.Errorf("%d classes are more than the %d of losses with class weights, and the recipe has no other loss",
				of.of, r.MostClasses)
			continue
		}
		l, err := of.make()
		if err != nil {
			return nil, err
		}
		all = append(all, term{l, of.weight, of.classes})
	}
	if len(all) == 0 {
		if left == nil {
			left = errors.New("the recipe has no loss")
		}
		return nil, left
	}
	return all, nil
}

// margin is the softmax loss.
func (r Recipe) margin(classes int) (losses.Loss, error) {
	o := losses.MarginOptions{Classes: classes, Margin: r.Margin, Scale: r.Scale, SubCentres: r.SubCentres,
		LabelSmoothing: r.Smoothing}
	switch r.SoftmaxKind {
	case "arcface":
		o.Kind = losses.ArcFace
	case "cosface":
		o.Kind = losses.CosFace
	default:
		return nil, fmt.Errorf("no softmax_kind is called %q: there are arcface and cosface", r.SoftmaxKind)
	}
	if r.Margin == 0 {
		o.Kind = losses.NormFace
	}
	return losses.NewMargin(o)
}
