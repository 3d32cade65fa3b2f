package main

import (
	"errors"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

type evaluateCommand struct {
	Ranked  string `arg:"" help:"Results of pvs search (query,rank,index,score)." placeholder:"FILE.csv"`
	Catalog string `help:"The catalogue folder whose products are the truth." placeholder:"DIR"`
	Truth   string `help:"A CSV of query,index instead." placeholder:"FILE.csv"`
	K       int    `min:"1" default:"10" help:"Results that count."`
	SkipBad bool   `help:"Leave out bad rows of the truth."`
}

// Run scores.
func (c *evaluateCommand) Run(a *app) error {
	ranked, err := evaluate.ReadRanked(c.Ranked)
	if err != nil {
		return err
	}
	truth, err := c.truth(a)
	if err != nil {
		return err
	}
	report, err := evaluate.Score(ranked, truth, evaluate.Options{K: c.K})
	if err != nil {
		return err
	}
	for _, m := range report.Metrics {
		a.say("%-72s %.4f  [%.4f, %.4f]", m.Title, m.Value, m.Low, m.High)
	}
	a.say("over %d queries; %d without truth were left out; %d without results count as 0; intervals: 95%%, bootstrap over queries",
		report.Queries, report.QueriesWithoutTruth, report.QueriesWithoutResults)
	out := map[string]any{"queries": report.Queries, "queries_without_truth": report.QueriesWithoutTruth,
		"queries_without_results": report.QueriesWithoutResults, "metrics": report.Metrics}
	for _, m := range report.Metrics {
		out[m.Name] = m.Value
	}
	if c.K != 10 {
		out["mar_at_10"] = nil // another k was asked for
	}
	return a.result(out)
}

func (c *evaluateCommand) truth(a *app) (map[string][]string, error) {
	switch {
	case c.Truth != "":
		truth, problems, err := catalog.ReadTruth(c.Truth, catalog.Options{SkipBad: c.SkipBad})
		if err == nil {
			a.list("rows of the truth", problemLines(problems))
		}
		return truth, err
	case c.Catalog != "":
		cat, err := a.openCatalog(c.Catalog, c.SkipBad)
		if err != nil {
			return nil, err
		}
		warnOfLeaks(a, cat)
		truth, err := cat.Truth()
		a.list("rows of the catalogue", problemLines(cat.Skipped))
		return truth, err
	}
	return nil, errors.New("the truth is missing: name the catalogue by --catalog or a file by --truth")
}

// warnOfLeaks says when a product is both trained on and searched for: scores are then
// too good.
func warnOfLeaks(a *app, cat *catalog.Catalog) {
	if err := cat.CheckSplits(); err != nil {
		a.log("warning: " + err.Error())
	}
}
