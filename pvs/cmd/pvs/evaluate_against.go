package main

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

// against compares a report with that of other results, metric by metric.
func (c *evaluateCommand) against(report, other *evaluate.Report) ([]evaluate.Comparison, error) {
	var out []evaluate.Comparison
	for _, m := range report.Metrics {
		d, err := evaluate.Compare(other, report, m.Name, evaluate.Options{K: c.K})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// sayAgainst shows comparisons, and what the first one means.
func (c *evaluateCommand) sayAgainst(a *app, files []results, all []evaluate.Comparison) {
	if b, other := onlyIn(files[0], files[1]), onlyIn(files[1], files[0]); b+other > 0 {
		a.log(fmt.Sprintf("warning: %d queries have results in %s alone, and %d in %s alone: those with a truth count as 0 "+
			"in the other", b, c.Ranked, other, c.Against))
	}
	a.say("")
	a.say("%s (B) against %s (A), query by query:", c.Ranked, c.Against)
	a.say("%-16s  %6s  %6s  %-27s  %-9s  %s", "", "A", "B", "difference [95%]", "p", "queries needed")
	for _, d := range all {
		a.say("%-16s  %.4f  %.4f  %+.4f  [%+.4f, %+.4f]  %-9s  %s", d.Name, d.A, d.B, d.Value, d.Low, d.High,
			significance(d.Test), needed(d))
	}
	d := all[0]
	a.say("")
	a.say("%s: B is better on %d of %d queries, worse on %d, the same on %d", d.Name, d.Better, d.Queries, d.Worse,
		d.Queries-d.Better-d.Worse)
	switch {
	case d.Needed == 0 && d.Queries > 1:
		a.say("nothing differs on average: no number of queries would tell them apart")
	case d.Needed > d.Queries:
		a.say("about %d queries would be needed to tell them apart; here are %d", d.Needed, d.Queries)
	}
	a.say("interval: paired bootstrap")
	a.say("p: how often chance makes a mean as far from 0, if each difference may as well have the other sign; %s",
		howSure(d.Test))
	a.say("queries needed: for power 0.8 at the level 0.05, if mean and variance are as here")
	a.say("each row is a test by itself: choose the metric that counts before you look")
}

// howSure says how exact a p value is.
func howSure(t evaluate.SignFlips) string {
	if t.Exact {
		return fmt.Sprintf("all signs were tried, in steps of %.2g", t.Resolution)
	}
	return fmt.Sprintf("%d draws, in steps of %.0e, +- %.1g by chance", t.Patterns, t.Resolution, t.Error)
}

// onlyIn counts the queries that only the first of two rankings has results for.
func onlyIn(a, b results) (n int) {
	for q := range a.IDs {
		if b.IDs[q] == nil {
			n++
		}
	}
	return n
}

// significance is a p value as precise as it is: below what the test can give it is a bound.
func significance(t evaluate.SignFlips) string {
	if !t.Exact && t.P <= t.Resolution {
		return fmt.Sprintf("<= %.1g", t.Resolution)
	}
	return fmt.Sprintf("%.2g", t.P)
}

// needed is how many queries would tell two rankings apart.
func needed(d evaluate.Comparison) string {
	if d.Needed == 0 {
		return "-"
	}
	return fmt.Sprint(d.Needed)
}
