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
	how := fmt.Sprintf("drawn at random, with a resolution of %.1g; p has a standard error of %.1g by itself",
		d.Test.Resolution, d.Test.Error)
	if d.Test.Exact {
		how = fmt.Sprintf("all counted, with a resolution of %.2g", d.Test.Resolution)
	}
	a.say("%s: B is better on %d of %d queries, worse on %d", d.Name, d.Better, d.Queries, d.Worse)
	a.say("interval: paired bootstrap; p: how often a mean as far from 0 comes about by chance, if signs of differences "+
		"are turned: for %s %s", d.Name, how)
	a.say("queries needed: to find a difference of this size and variance with power 0.8 at the level 0.05")
	a.say("each p is of one metric: choose which one counts before you look")
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
