package evaluate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Passport is the score of one search under every definition that papers and libraries use.
type Passport struct {
	Entries []PassportEntry `json:"passport"`
	// Conventions are the others that were tried.
	Conventions []PassportConvention `json:"passport_conventions"`
	// Notes are sentences about what could not be said of these results.
	Notes []string `json:"passport_notes"`
}

// PassportConvention is a way to differ from the passport's own conventions.
type PassportConvention struct {
	Name    string `json:"name"` // behind the point of an entry's name
	Title   string `json:"title"`
	Differs bool   `json:"differs"` // in a value, so that it has entries
}

// PassportEntry is a metric under one definition and one convention.
type PassportEntry struct {
	Metric                       // its Name is the definition's key and, behind a point, the convention's
	Formula    string            `json:"formula"`    // for one query, in a line
	Convention string            `json:"convention"` // "": that of the passport's options
	Also       map[string]string `json:"also"`       // library -> its name for this definition
}

// PassportOf scores a search by all definitions under opts.Conventions, and again for each convention that differs in
// one point and for each library's own, where that changes a value. docs/metrics.md says where a library's definition
// equals none of these.
//
// Of scores that are not known, or rise with the rank, nothing is said that needs their order.
func PassportOf(ctx context.Context, ranked *Ranked, truth map[string][]string, opts Options) (*Passport, error) {
	p := &Passport{Notes: []string{}}
	if err := ranked.checkScores(); err != nil {
		return nil, err
	}
	scores := ranked.Scores != nil
	if q, rank := ranked.rise(); rank > 0 {
		scores = false
		p.Notes = append(p.Notes, fmt.Sprintf("the score of query %s is higher at rank %d than before: what orders "+
			"results by score (trec_eval, ranx, torchmetrics, scikit-learn) sees another ranking than the ranks say, "+
			"and what depends on equal scores is left out", q, rank))
	}
	choose := func(d definition) bool { return scores || !d.ties }
	base, err := ranked.score(truth, opts, choose)
	if err != nil {
		return nil, err
	}
	p.add(base, departure{}, choose)
	var other []departure
	for _, d := range departures {
		if d.ties && !scores || d.self && opts.TwoLists {
			continue
		}
		other = append(other, d)
	}
	reports := make([]*Report, len(other))
	err = cores.Each(ctx, len(other), func(i int) error {
		o := opts
		other[i].conventions(&o.Conventions)
		var err error
		if reports[i], err = ranked.score(truth, o, choose); errors.Is(err, errNoneLeft) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, d := range other {
		if reports[i] == nil {
			p.Notes = append(p.Notes, "no query has results, so that there is no value under "+d.key)
			continue
		}
		differs := !slices.EqualFunc(base.PerQuery, reports[i].PerQuery, func(a, b QueryScore) bool {
			return a.Query == b.Query && slices.Equal(a.Values, b.Values)
		})
		p.Conventions = append(p.Conventions, PassportConvention{Name: d.key, Title: d.title, Differs: differs})
		if differs {
			p.add(reports[i], d, choose)
		}
	}
	return p, nil
}

// checkScores refuses scores that are not those of the results, or are no numbers.
func (r *Ranked) checkScores() error {
	if r.Scores == nil {
		return nil
	}
	for _, q := range slices.Sorted(maps.Keys(r.IDs)) {
		ids, scores := r.IDs[q], r.Scores[q]
		if len(ids) != len(scores) {
			return fmt.Errorf("the results of query %s are %d ids and %d scores", q, len(ids), len(scores))
		}
		for i, s := range scores {
			if f := float64(s); math.IsNaN(f) || math.IsInf(f, 0) {
				return fmt.Errorf("the score of %s for query %s is %g", ids[i], q, s)
			}
		}
	}
	return nil
}

// rise returns a query whose scores rise with the rank, and the first rank at which they do; 0 if there is none.
func (r *Ranked) rise() (query string, rank int) {
	for _, q := range slices.Sorted(maps.Keys(r.Scores)) {
		for i, s := range r.Scores[q] {
			if i > 0 && s > r.Scores[q][i-1] {
				return q, i + 1
			}
		}
	}
	return "", 0
}

// add adds a report's metrics: all, or those that a departure's library has.
func (p *Passport) add(r *Report, from departure, choose func(definition) bool) {
	for i, d := range definitionsAt(r.K, choose) {
		e := PassportEntry{Metric: r.Metrics[i], Formula: formatK(d.formula, r.K), Convention: from.key,
			Also: map[string]string{}}
		for library, name := range d.also {
			if from.key == "" || library == from.library {
				e.Also[library] = formatK(name, r.K)
			}
		}
		if from.library != "" && len(e.Also) == 0 {
			continue
		}
		if from.key != "" {
			e.Name += "." + from.key
		}
		p.Entries = append(p.Entries, e)
	}
}
