package evaluate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Comparison is the mean difference of a metric between two reports, query by query: is it more than chance?
type Comparison struct {
	Metric            // of b - a, with the interval of the paired bootstrap
	A       float64   `json:"a"` // the metric's mean in a, over the queries of both
	B       float64   `json:"b"`
	Queries int       `json:"queries"`        // that both reports have
	Better  int       `json:"queries_better"` // in b
	Worse   int       `json:"queries_worse"`
	Test    SignFlips `json:"test"`
	// Needed is how many queries would tell the two apart ([QueriesNeeded]); 0 where no number would, as nothing differs.
	Needed int `json:"queries_needed"`
}

// Compare returns the mean difference b - a of a metric over the queries that both reports have, with its 95% interval
// from the paired bootstrap, a permutation test ([FlipSigns]) and the number of queries that would be needed.
func Compare(a, b *Report, metric string, opts Options) (Comparison, error) {
	opts, err := opts.resolved()
	if err != nil {
		return Comparison{}, err
	}
	var c Comparison
	differences, title, err := c.pair(a, b, metric)
	if err != nil {
		return Comparison{}, err
	}
	n := len(differences)
	rng := rand.New(rand.NewPCG(opts.Seed, 1))
	var samples []float64
	for range opts.Resamples {
		samples = append(samples, mean(n, func(int) float64 { return differences[rng.IntN(n)] }))
	}
	c.Name, c.Title = metric, "difference of "+title
	c.Value = mean(n, func(i int) float64 { return differences[i] })
	c.Low, c.High = interval(samples)
	c.Test = FlipSigns(differences, opts.Seed)
	c.Needed = QueriesNeeded(differences)
	return c, nil
}

// pair fills in what both reports say by themselves, and returns b - a by query.
func (c *Comparison) pair(a, b *Report, metric string) (differences []float64, title string, err error) {
	find := func(r *Report) int {
		return slices.IndexFunc(r.Metrics, func(m Metric) bool { return m.Name == metric })
	}
	i, j := find(a), find(b)
	if i < 0 || j < 0 {
		return nil, "", fmt.Errorf("no metric is called %q in both reports", metric)
	}
	other := map[string]float64{}
	for _, q := range b.PerQuery {
		other[q.Query] = q.Values[j]
	}
	for _, q := range a.PerQuery {
		v, both := other[q.Query]
		if !both {
			continue
		}
		d := v - q.Values[i]
		differences = append(differences, d)
		c.A, c.B = c.A+q.Values[i], c.B+v
		if d > 0 {
			c.Better++
		} else if d < 0 {
			c.Worse++
		}
	}
	c.Queries = len(differences)
	if c.Queries == 0 {
		return nil, "", errors.New("the two reports have no query in common")
	}
	c.A, c.B = c.A/float64(c.Queries), c.B/float64(c.Queries)
	return differences, a.Metrics[i].Title, nil
}

func mean(n int, at func(i int) float64) float64 {
	sum := 0.0
	for i := range n {
		sum += at(i)
	}
	return sum / float64(n)
}
