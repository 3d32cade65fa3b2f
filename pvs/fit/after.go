package fit

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// The whitenings that are tried on pooled features (docs/after-training.md).
const (
	whitenedDim = 256
	shrinkage   = 0.3
	variants    = 3     // augmented ones of each photo, where photos have no labels
	mostSamples = 8_000 // photos and variants
)

// Candidate is a network, or a step after a search, that could be kept, scored on the held-out photos.
type Candidate struct {
	Name       string  `json:"name"`
	MAR        float64 `json:"mar_at_10"`
	Difference float64 `json:"difference"` // paired, with its 95% interval: to the start, or to the kept network's search
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Kept       bool    `json:"kept"`

	values map[string][]float32
	report *evaluate.Report
}

// reason is a sentence on why it is kept.
func (c *Candidate) reason() string {
	return fmt.Sprintf("kept: %s, better on the held-out photos by %+.3f [%+.3f, %+.3f]", c.Name, c.Difference, c.Low,
		c.High)
}

// Training names the candidate that is the trained network as it is.
const Training = "training"

// candidates are the trained network, the network as it was with the look that training took, and what a whitening
// makes of the features of both, scored. A whitening is a dense layer in place of the projection, so a search costs the
// same with each.
func (t *training) candidates(ctx context.Context, base *evaluate.Report, trained map[string][]float32,
	report *evaluate.Report, untrained *Candidate) ([]Candidate, error) {
	all := []Candidate{{Name: Training, values: trained, report: report}}
	if untrained != nil {
		all = append(all, *untrained)
	}
	for _, from := range []struct {
		name   string
		values map[string][]float32
	}{{"", t.network.Values}, {"training and ", trained}} {
		s, err := t.samples(ctx, from.values)
		if err != nil {
			return nil, err
		}
		for _, how := range []struct {
			name    string
			classes []int32
		}{{"PCA whitening", nil}, {"learned whitening", s.classes}} {
			c, err := t.whitened(ctx, from.name+how.name, from.values, s.features, how.classes)
			if err != nil {
				return nil, err
			}
			all = append(all, *c)
		}
	}
	return all, t.choose(base, all)
}

// choose compares candidates with what they would replace, keeps the best of those that are better by more than their
// interval, and logs all.
func (t *training) choose(base *evaluate.Report, all []Candidate) error {
	best := -1
	for i := range all {
		c := &all[i]
		gain, err := evaluate.Compare(base, c.report, c.report.MAR().Name, evaluate.Options{K: retrieval.K})
		if err != nil {
			return err
		}
		c.MAR, c.Difference, c.Low, c.High = c.report.MAR().Value, gain.Value, gain.Low, gain.High
		if c.Low > 0 && (best < 0 || c.MAR > all[best].MAR) {
			best = i
		}
	}
	if best >= 0 {
		all[best].Kept = true
	}
	for _, c := range all {
		verdict := "dropped: no better than chance explains"
		switch {
		case c.Kept:
			verdict = "kept"
		case c.Low > 0:
			verdict = "dropped: another one is better"
		}
		t.Log(fmt.Sprintf("held-out MAR@10 with %s %.3f, by %+.3f [%+.3f, %+.3f]: %s", c.Name, c.MAR, c.Difference, c.Low,
			c.High, verdict))
	}
	return nil
}

// learnWhitening learns a dense layer that whitens; without classes by PCA.
func learnWhitening(name string, features *vectors.Set, classes []int32) (*whiten.Dense, error) {
	d, err := whiten.LearnDense(features, classes, whiten.Options{Dim: min(whitenedDim, features.Dim),
		Shrinkage: shrinkage, Rows: mostSamples})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// whitened puts a whitening on a backbone and scores it.
func (t *training) whitened(ctx context.Context, name string, values map[string][]float32, features *vectors.Set,
	classes []int32) (*Candidate, error) {
	d, err := learnWhitening(name, features, classes)
	if err != nil {
		return nil, err
	}
	c := &Candidate{Name: name, values: t.backboneOf(values)}
	c.values[siamese.Kernel], c.values[siamese.Bias] = d.Kernel, d.Bias
	c.report, err = t.report(ctx, c.values)
	return c, err
}

// backboneOf returns a network's weights without its head's.
func (f *fitting) backboneOf(values map[string][]float32) map[string][]float32 {
	out := map[string][]float32{}
	for _, v := range f.network.Config.VariablesOf(values) {
		out[v.Name] = values[v.Name]
	}
	return out
}

// samples are pooled features that a whitening is learned on: of photos that are not held out. Where photos have no
// labels, each is a class of its own with augmented variants, which would do harm beside real photos of one thing.
type samples struct {
	features *vectors.Set
	classes  []int32
}

// sampled are the photos that samples are of, and how many of each.
func (t *training) sampled() (photos []int, of int) {
	of = 1
	if t.counts.classes == len(t.byPhoto) {
		of += variants
	}
	return whiten.Sample(t.byPhoto, mostSamples/of), of
}

func (t *training) samples(ctx context.Context, values map[string][]float32) (*samples, error) {
	e, err := t.embedder(t.backboneOf(values), optionsOf(t.first))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	photos, of := t.sampled()
	s := &samples{features: &vectors.Set{Dim: e.Dim()}}
	row := e.InputLen()
	per := max(1, e.Batch()/of)
	inputs := make([]float32, per*of*row)
	out := make([]float32, per*of*e.Dim())
	update, finish := t.Progress("features for a whitening")
	defer finish()
	for from := 0; from < len(photos); from += per {
		n := min(per, len(photos)-from)
		err := cores.Each(ctx, n, func(i int) error {
			photo := photos[from+i]
			to := inputs[i*of*row:]
			whole, err := t.photos.Open(photo)
			if err != nil {
				return err
			}
			t.first.Into(whole, to[:row])
			for v := 1; v < of; v++ {
				if err := t.images.Load(feed.Draw{Photo: photo, Epoch: -1, Copy: v}, to[v*row:][:row]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for at := 0; at < n*of; at += e.Batch() {
			count := min(e.Batch(), n*of-at)
			if err := e.Embed(inputs[at*row:(at+count)*row], count, out[at*e.Dim():(at+count)*e.Dim()]); err != nil {
				return nil, err
			}
		}
		s.features.Data = append(s.features.Data, out[:n*of*e.Dim()]...)
		for i := range n {
			photo := photos[from+i]
			class := t.byPhoto[photo]
			if class < 0 {
				class = int32(t.counts.classes + photo)
			}
			for v := range of {
				s.features.IDs = append(s.features.IDs, fmt.Sprint(photo, " ", v))
				s.classes = append(s.classes, class)
			}
		}
		update(from+n, len(photos))
	}
	return s, nil
}

// searches tries what can be done after each search, with the network that is kept: expanding the query, re-ranking.
// Both make a search slower, so that one is kept only if it is better than none by more than its interval.
func (t *training) searches(ctx context.Context, values map[string][]float32, in imageprep.Look) ([]Candidate,
	retrieval.After, error) {
	e, err := t.embedder(values, optionsOf(in))
	if err != nil {
		return nil, retrieval.After{}, err
	}
	defer e.Close()
	tried := []retrieval.After{{}, {Expand: expandBy}, {Rerank: true}}
	reports, err := t.held.scores(ctx, e, in, tried...)
	if err != nil {
		return nil, retrieval.After{}, err
	}
	var all []Candidate
	for i := 1; i < len(tried); i++ {
		all = append(all, Candidate{Name: tried[i].String(), report: reports[i]})
	}
	err = t.choose(reports[0], all)
	kept := slices.IndexFunc(all, func(c Candidate) bool { return c.Kept })
	return all, tried[kept+1], err
}

// expandBy is by how many of the nearest a query is expanded.
const expandBy = 3

// keep returns the weights and report of the kept candidate, or those of the network as it was.
func keep(all []Candidate, before map[string][]float32, base *evaluate.Report) (map[string][]float32, *evaluate.Report,
	*Candidate) {
	for i := range all {
		if all[i].Kept {
			return all[i].values, all[i].report, &all[i]
		}
	}
	return before, base, nil
}
