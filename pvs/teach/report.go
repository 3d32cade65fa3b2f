package teach

import (
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

// Verdict says in a word whether clicks help.
type Verdict string

// The verdicts.
const (
	Few      Verdict = "too few"   // to say; also where none could be taken
	Helps    Verdict = "helps"     // held-out photos and clicks stand better by more than chance, others not worse
	NotShown Verdict = "not shown" // held-out photos or clicks do not stand better by more than chance
	Harms    Verdict = "harms"     // held-out photos or clicks, or other products, stand worse by more than chance
)

// FewestPhotos is how many photos must have been searched for, by clicks that a fit takes, before there is a verdict.
const FewestPhotos = 6

// FewestProducts is how many of the products that were clicked on must have two photos or more.
const FewestProducts = 6

// Report says what a fit was made of and what it is worth.
type Report struct {
	Clicks  int     `json:"clicks"`  // that the fit was made of
	Same    int     `json:"same"`    // of them those that say that both photos show the same product
	Queries int     `json:"queries"` // that were searched for, in them
	LeftOut LeftOut `json:"left_out"`

	// Photos compares how the products that were clicked on are found by photos of theirs that a fit does not know (B)
	// with how they are without a fit (A): the mean of 1/rank of a photo's nearest other one of its product. Nil: there
	// were too few.
	Photos *evaluate.Comparison `json:"held_out_photos,omitempty"`
	// HeldOut compares how clicks stand by a fit that does not know them (B) with how they stand without one (A): the mean
	// over the photos that were searched for of 1/rank of a product that is the same, and of 1 - 1/rank of one that is
	// not. It says whether clicks agree with each other. Alone it says too much, as people click where a search errs, so
	// that most changes make their clicks stand better.
	HeldOut *evaluate.Comparison `json:"held_out_clicks,omitempty"`
	// Others compares the MAR@10 of photos of products that no fit had. Nil: the index has none.
	Others *evaluate.Comparison `json:"others,omitempty"`

	Verdict Verdict `json:"verdict"`
	Seconds float64 `json:"seconds"`

	scores [][2]float64 // best score of another product for each of the others' photos, without and with the metric
}

// fewestScores is of how few photos no cut-off is moved.
const fewestScores = 20

// Cutoff is the score by the metric that stands for a score without it: one that as large a share of photos of other
// products reach. 0: too few photos were searched for to say.
func (r *Report) Cutoff(score float64) float64 {
	if len(r.scores) < fewestScores || score == 0 {
		return 0
	}
	reach := 0
	after := make([]float64, len(r.scores))
	for i, s := range r.scores {
		if s[0] >= score {
			reach++
		}
		after[i] = s[1]
	}
	slices.Sort(after)
	n := len(after)
	switch reach {
	case 0: // above all of them: as far as it was before
		highest := 0.0
		for _, s := range r.scores {
			highest = max(highest, s[0])
		}
		return min(1, after[n-1]+score-highest)
	case n:
		return after[0]
	}
	return (after[n-reach] + after[n-reach-1]) / 2
}

func (r *Report) count(list []resolved) {
	r.Clicks, r.Queries = len(list), len(byAnchor(list))
	for _, c := range list {
		if c.Same {
			r.Same++
		}
	}
}

// chance is how often clicks that do nothing may seem to help, by one-sided permutation tests: of few photos the
// bootstrap alone is too sure.
const chance = 0.05

// p is the larger of both one-sided p values.
func (r *Report) p() float64 { return max(r.Photos.Test.P, r.HeldOut.Test.P) / 2 }

// decide sets the verdict.
func (r *Report) decide() {
	switch {
	case r.Photos == nil || r.HeldOut == nil:
		r.Verdict = Few
	case r.Photos.High < 0, r.HeldOut.High < 0, r.Others != nil && r.Others.High < 0:
		r.Verdict = Harms
	case r.Photos.Low > 0 && r.HeldOut.Low > 0 && r.p() <= chance:
		r.Verdict = Helps
	default:
		r.Verdict = NotShown
	}
}

// String says it in a sentence.
func (r *Report) String() string {
	interval := func(c *evaluate.Comparison) string {
		return fmt.Sprintf("%+.3f [%+.3f, %+.3f]", c.Value, c.Low, c.High)
	}
	held := ""
	if r.Photos != nil && r.HeldOut != nil {
		held = fmt.Sprintf("%d products by photos that were held out %s MRR, held-out clicks %s, p %.3f",
			r.Photos.Queries, interval(r.Photos), interval(r.HeldOut), r.p())
	}
	others := ""
	if r.Others != nil {
		others = fmt.Sprintf("; %d photos of other products: %s MAR@10", r.Others.Queries, interval(r.Others))
	}
	switch r.Verdict {
	case Few:
		return fmt.Sprintf("to say whether they help it takes clicks for at least %d photos, on at least %d products of "+
			"two photos or more; these are for %d", FewestPhotos, FewestProducts, r.Queries)
	case Helps:
		return fmt.Sprintf("the clicks help: %s%s", held, others)
	case Harms:
		return fmt.Sprintf("the clicks do harm: %s%s", held, others)
	}
	return fmt.Sprintf("it is not shown that the clicks help: %s%s", held, others)
}
