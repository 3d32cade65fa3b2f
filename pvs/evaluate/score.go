package evaluate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Options of a scoring; the zero value is the project's default.
type Options struct {
	K         int    // how many results count; 0: 10
	Resamples int    // of the bootstrap; 0: 1000
	Seed      uint64 // of the bootstrap
	// TwoLists says that queries and index are two lists with ids of their own, as where both
	// count from 0. A result with its query's id is then another photo and may be relevant; else
	// it is the query itself and is dropped.
	TwoLists bool
	// Conventions are the project's where they are zero.
	Conventions Conventions
}

// keepsOwn says whether a result with its query's id stays among the results.
func (o Options) keepsOwn() bool { return o.TwoLists || o.Conventions.Self != SelfLeftOut }

// resolved fills in what is not given.
func (o Options) resolved() (Options, error) {
	if o.K == 0 {
		o.K = 10
	}
	if o.Resamples == 0 {
		o.Resamples = 1000
	}
	if o.K < 0 || o.Resamples < 0 {
		return o, fmt.Errorf("k = %d and %d resamples must be positive", o.K, o.Resamples)
	}
	return o, nil
}

// Metric is an average over queries with its 95% interval.
type Metric struct {
	Name  string  `json:"name"` // "mar_at_10"
	Title string  `json:"title"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// QueryScore is the score of one query.
type QueryScore struct {
	Query    string
	Relevant int       // R
	Hits     int       // relevant results among the k best
	Values   []float64 // one for each of Report.Metrics
}

// Report is the score of a search.
type Report struct {
	K                     int          `json:"k"`
	Queries               int          `json:"queries"`                 // with truth; the averages are over these
	QueriesWithoutTruth   int          `json:"queries_without_truth"`   // left out
	QueriesWithoutResults int          `json:"queries_without_results"` // count as zero
	WithoutResults        []string     `json:"-"`                       // their ids, sorted
	Metrics               []Metric     `json:"metrics"`
	PerQuery              []QueryScore `json:"-"` // sorted by query
}

// Metric returns a metric by its name.
func (r *Report) Metric(name string) (Metric, bool) {
	i := slices.IndexFunc(r.Metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return r.Metrics[i], true
}

// MAR returns the first metric, macro-average recall at k with the denominator R.
func (r *Report) MAR() Metric { return r.Metrics[0] }

// Score evaluates ranked lists (query id -> index ids, best first) against the truth
// (query id -> relevant index ids). Queries without truth are counted and left out;
// queries with truth but without results count as zero. A photo is never a match of
// itself: its own id is dropped from its results and its truth, unless Options.TwoLists
// says that it is another photo's. Options.Conventions has other ways. A list with an id
// twice is an error, and so are results of other queries than the truth's ([ErrOtherQueries]).
func Score(ranked, truth map[string][]string, opts Options) (*Report, error) {
	return (&Ranked{IDs: ranked}).score(truth, opts, func(d definition) bool { return d.scored })
}

// ErrOtherQueries marks errors about results and a truth that have no query in common, for [errors.Is].
var ErrOtherQueries = errors.New("results and truth have no query in common")

// errNoneLeft marks the error of a convention that leaves out all queries.
var errNoneLeft = errors.New("no query is left")

// score computes the chosen metrics.
func (r *Ranked) score(truth map[string][]string, opts Options, choose func(definition) bool) (*Report, error) {
	opts, err := opts.resolved()
	if err != nil {
		return nil, err
	}
	if opts.Conventions.Ties != TiesAsRanked && r.Scores == nil {
		return nil, errors.New("an order of equal scores was asked for, and the scores are not known")
	}
	report := &Report{K: opts.K}
	defined := definitionsAt(opts.K, choose)
	queries, err := r.queries(truth)
	if err != nil {
		return nil, err
	}
	for _, q := range queries {
		relevant := r.relevantTo(q, truth[q], opts)
		if len(relevant) == 0 {
			report.QueriesWithoutTruth++
			if c := opts.Conventions.NoTruth; c != NoTruthLeftOut {
				values := slices.Repeat([]float64{float64(c - NoTruthZero)}, len(defined))
				report.PerQuery = append(report.PerQuery, QueryScore{Query: q, Values: values})
			}
			continue
		}
		o, err := r.outcomeOf(q, relevant, opts)
		if err != nil {
			return nil, err
		}
		if len(o.right) == 0 {
			report.WithoutResults = append(report.WithoutResults, q)
			if opts.Conventions.NoResults == NoResultsLeftOut {
				continue
			}
		}
		score := QueryScore{Query: q, Relevant: o.relevant, Hits: o.hits(opts.K)}
		for _, d := range defined {
			score.Values = append(score.Values, d.value(o, opts.K))
		}
		report.PerQuery = append(report.PerQuery, score)
	}
	report.Queries = len(report.PerQuery)
	report.QueriesWithoutResults = len(report.WithoutResults)
	if report.Queries == 0 {
		if report.QueriesWithoutResults > 0 {
			return nil, tag.Error(errors.New("no query that has a truth has results"), errNoneLeft)
		}
		return nil, errors.New("no query has a truth: do query and index photos share products, or is there a truth.csv?")
	}
	report.average(defined, opts)
	return report, nil
}

// queries returns all queries, of results and truth, sorted.
func (r *Ranked) queries(truth map[string][]string) ([]string, error) {
	queries := make([]string, 0, len(truth))
	for q := range truth {
		queries = append(queries, q)
	}
	both := 0
	for q := range r.IDs {
		if _, known := truth[q]; known {
			both++
		} else {
			queries = append(queries, q)
		}
	}
	if both == 0 && len(r.IDs) > 0 && len(truth) > 0 {
		return nil, tag.Error(fmt.Errorf("none of the %d queries that have results is among the %d of the truth",
			len(r.IDs), len(truth)), ErrOtherQueries)
	}
	slices.Sort(queries)
	return queries, nil
}

// relevantTo returns the photos that are right for a query.
func (r *Ranked) relevantTo(query string, truth []string, opts Options) map[string]bool {
	relevant := map[string]bool{}
	for _, id := range truth {
		if id != query || opts.keepsOwn() {
			relevant[id] = true
		}
	}
	if opts.Conventions.Self == SelfRight && slices.Contains(r.IDs[query], query) {
		relevant[query] = true
	}
	return relevant
}

// average computes r.Metrics: the means and the percentile bootstrap's intervals (Efron &
// Tibshirani 1993, 13.3). All metrics use the same resamples of the queries.
func (r *Report) average(defined []definition, opts Options) {
	n := len(r.PerQuery)
	columns := make([][]float64, len(defined)) // by metric the values of all queries
	for m := range columns {
		columns[m] = make([]float64, n)
		for i := range columns[m] {
			columns[m][i] = r.PerQuery[i].Values[m]
		}
	}
	samples := make([][]float64, len(defined))
	rng := rand.New(rand.NewPCG(opts.Seed, 0))
	times := make([]float64, n) // how often a resample has each query
	for range opts.Resamples {
		clear(times)
		for range n {
			times[rng.IntN(n)]++
		}
		for m, values := range columns {
			sum := 0.0
			for i, v := range values {
				sum += times[i] * v
			}
			samples[m] = append(samples[m], sum/float64(n))
		}
	}
	for m, d := range defined {
		low, high := interval(samples[m])
		value := mean(n, func(i int) float64 { return columns[m][i] })
		r.Metrics = append(r.Metrics, Metric{Name: formatK(d.key, r.K), Title: formatK(d.title, r.K),
			Value: value, Low: low, High: high})
	}
}

// interval returns the 2.5th and 97.5th percentile.
func interval(samples []float64) (low, high float64) {
	slices.Sort(samples)
	at := func(p float64) float64 { return samples[int(p*float64(len(samples)-1)+0.5)] }
	return at(0.025), at(0.975)
}
