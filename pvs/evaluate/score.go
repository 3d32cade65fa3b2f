package evaluate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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
// says that it is another photo's. A list with an id twice is an error.
func Score(ranked, truth map[string][]string, opts Options) (*Report, error) {
	if opts.K == 0 {
		opts.K = 10
	}
	if opts.Resamples == 0 {
		opts.Resamples = 1000
	}
	if opts.K < 0 || opts.Resamples < 0 {
		return nil, fmt.Errorf("k = %d and %d resamples must be positive", opts.K, opts.Resamples)
	}
	r := &Report{K: opts.K}
	defined := definitionsAt(opts.K)
	for query := range ranked {
		if _, known := truth[query]; !known {
			r.QueriesWithoutTruth++
		}
	}
	queries := make([]string, 0, len(truth))
	for q := range truth {
		queries = append(queries, q)
	}
	slices.Sort(queries)
	for _, q := range queries {
		relevant := map[string]bool{}
		for _, id := range truth[q] {
			if id != q || opts.TwoLists {
				relevant[id] = true
			}
		}
		if len(relevant) == 0 {
			r.QueriesWithoutTruth++
			continue
		}
		o, err := outcomeOf(q, ranked[q], relevant, opts)
		if err != nil {
			return nil, err
		}
		if len(o.right) == 0 {
			r.WithoutResults = append(r.WithoutResults, q)
		}
		score := QueryScore{Query: q, Relevant: o.relevant, Hits: o.hits()}
		for _, d := range defined {
			score.Values = append(score.Values, d.value(o, opts.K))
		}
		r.PerQuery = append(r.PerQuery, score)
	}
	r.Queries = len(r.PerQuery)
	r.QueriesWithoutResults = len(r.WithoutResults)
	if r.Queries == 0 {
		return nil, errors.New("no query has a truth: do query and index photos share products, or is there a truth.csv?")
	}
	r.average(defined, opts)
	return r, nil
}

// outcomeOf compares one ranked list with its truth.
func outcomeOf(query string, list []string, relevant map[string]bool, opts Options) (outcome, error) {
	o := outcome{relevant: len(relevant)}
	seen := make(map[string]bool, len(list))
	rank := 0
	for _, id := range list {
		if id == query && !opts.TwoLists {
			continue
		}
		if seen[id] {
			return o, fmt.Errorf("the results of query %s name %s twice", query, id)
		}
		seen[id] = true
		if rank < opts.K {
			o.right = append(o.right, relevant[id])
		}
		if rank < o.relevant && relevant[id] {
			o.rightAtR++
		}
		rank++
	}
	return o, nil
}

// average computes r.Metrics: the means and the percentile bootstrap's intervals (Efron &
// Tibshirani 1993, 13.3). All metrics use the same resamples of the queries.
func (r *Report) average(defined []definition, opts Options) {
	means := func(pick func(i int) int) []float64 {
		sums := make([]float64, len(defined))
		for i := range r.PerQuery {
			for m, v := range r.PerQuery[pick(i)].Values {
				sums[m] += v
			}
		}
		for m := range sums {
			sums[m] /= float64(len(r.PerQuery))
		}
		return sums
	}
	values := means(func(i int) int { return i })
	samples := make([][]float64, len(defined))
	rng := rand.New(rand.NewPCG(opts.Seed, 0))
	for range opts.Resamples {
		for m, v := range means(func(int) int { return rng.IntN(len(r.PerQuery)) }) {
			samples[m] = append(samples[m], v)
		}
	}
	for m, d := range defined {
		low, high := interval(samples[m])
		r.Metrics = append(r.Metrics, Metric{Name: formatK(d.key, r.K), Title: formatK(d.title, r.K),
			Value: values[m], Low: low, High: high})
	}
}

// interval returns the 2.5th and 97.5th percentile.
func interval(samples []float64) (low, high float64) {
	slices.Sort(samples)
	at := func(p float64) float64 { return samples[int(p*float64(len(samples)-1)+0.5)] }
	return at(0.025), at(0.975)
}

// Compare returns the mean difference b - a of a metric over the queries that both
// reports have, with its 95% interval from the paired bootstrap.
func Compare(a, b *Report, metric string, opts Options) (Metric, error) {
	find := func(r *Report) int {
		return slices.IndexFunc(r.Metrics, func(m Metric) bool { return m.Name == metric })
	}
	i, j := find(a), find(b)
	if i < 0 || j < 0 {
		return Metric{}, fmt.Errorf("no metric is called %q in both reports", metric)
	}
	if opts.Resamples == 0 {
		opts.Resamples = 1000
	}
	if opts.Resamples < 0 {
		return Metric{}, fmt.Errorf("%d resamples must be positive", opts.Resamples)
	}
	other := map[string]float64{}
	for _, q := range b.PerQuery {
		other[q.Query] = q.Values[j]
	}
	var differences []float64
	for _, q := range a.PerQuery {
		if v, both := other[q.Query]; both {
			differences = append(differences, v-q.Values[i])
		}
	}
	if len(differences) == 0 {
		return Metric{}, errors.New("the two reports have no query in common")
	}
	rng := rand.New(rand.NewPCG(opts.Seed, 1))
	var samples []float64
	for range opts.Resamples {
		samples = append(samples,
			mean(len(differences), func(int) float64 { return differences[rng.IntN(len(differences))] }))
	}
	m := Metric{Name: metric, Title: "difference of " + a.Metrics[i].Title}
	m.Value = mean(len(differences), func(i int) float64 { return differences[i] })
	m.Low, m.High = interval(samples)
	return m, nil
}

func mean(n int, at func(i int) float64) float64 {
	sum := 0.0
	for i := range n {
		sum += at(i)
	}
	return sum / float64(n)
}
