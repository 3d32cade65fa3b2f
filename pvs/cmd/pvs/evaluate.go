package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

type evaluateCommand struct {
	Ranked  string `arg:"" help:"Results of pvs search (query,rank,index,score)." placeholder:"FILE.csv"`
	Catalog string `help:"The catalogue folder whose products are the truth." placeholder:"DIR"`
	Truth   string `help:"A CSV of query,index instead." placeholder:"FILE.csv"`
	IDs     string `name:"ids" default:"auto" enum:"auto,one,two" help:"With --truth: what the same id as query and as result means: the same photo, which is no match (one list), another one (two lists), or another one where results and truth both have such pairs (auto)."`
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
	report, err := evaluate.Score(ranked, truth, evaluate.Options{K: c.K, TwoLists: c.twoLists(a, ranked, truth)})
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

// twoLists decides whether a query and a result of the same id are two photos, and says so.
// In a catalogue they never are. Elsewhere pvs search gives a query its own id as a result
// only where it is another photo's, but other programs where it is the query itself: the
// truth tells, as nobody lists a photo as its own match who leaves it out of the results.
func (c *evaluateCommand) twoLists(a *app, ranked, truth map[string][]string) bool {
	if c.Truth == "" {
		return false
	}
	results, pairs := ownIDs(ranked), ownIDs(truth)
	two := c.IDs == "two" || c.IDs == "auto" && results > 0 && pairs > 0
	switch {
	case results == 0 && pairs == 0:
	case two:
		a.log(fmt.Sprintf("%d results and %d pairs of the truth have the query's own id: taken for other photos, as of two lists of ids; --ids one takes them for the query itself", results, pairs))
	default:
		a.log(fmt.Sprintf("%d results and %d pairs of the truth have the query's own id: taken for the query itself and left out; --ids two takes them for other photos", results, pairs))
	}
	return two
}

// ownIDs counts the lists that hold their query's own id.
func ownIDs(lists map[string][]string) (n int) {
	for query, list := range lists {
		if slices.Contains(list, query) {
			n++
		}
	}
	return n
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
