package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

type evaluateCommand struct {
	Ranked   string `arg:"" help:"Results of pvs search (query,rank,index,score)." placeholder:"FILE.csv"`
	Catalog  string `help:"The catalogue folder whose products are the truth." placeholder:"DIR"`
	Truth    string `help:"A CSV of query,index instead." placeholder:"FILE.csv"`
	Against  string `help:"${evaluate_against}" placeholder:"FILE.csv"`
	Passport bool   `help:"${evaluate_passport}"`
	Chart    string `help:"${evaluate_chart}" placeholder:"FILE.png"`
	IDs      string `name:"ids" default:"auto" enum:"auto,one,two" help:"${evaluate_ids}"`
	K        int    `min:"1" default:"10" help:"Results that count."`
	SkipBad  bool   `help:"Leave out bad rows of the truth."`
}

// results are ranked results of a file, with what its sidecar says of them.
type results struct {
	*evaluate.Ranked
	file    string
	ranking *retrieval.Ranking
}

// Run scores.
func (c *evaluateCommand) Run(a *app) error {
	if c.Truth == "" && c.Catalog == "" {
		return misuse{errors.New("the truth is missing: name the catalogue by --catalog or a file by --truth")}
	}
	if c.Chart != "" {
		if ext := filepath.Ext(c.Chart); ext != ".png" && ext != ".svg" {
			return misuse{fmt.Errorf("--chart %s is neither a PNG nor an SVG: name FILE.png or FILE.svg", c.Chart)}
		}
		lock, err := onewriter.Lock(c.Chart)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	var files []results
	for _, file := range []string{c.Ranked, c.Against} {
		if file == "" {
			continue
		}
		r, err := readResults(a, file)
		if err != nil {
			return err
		}
		files = append(files, r)
	}
	truth, err := c.truth(a, files)
	if err != nil {
		return err
	}
	opts := evaluate.Options{K: c.K, TwoLists: c.twoLists(a, files, truth)}
	var reports []*evaluate.Report
	for _, f := range files {
		r, err := evaluate.Score(f.IDs, truth, opts)
		if err != nil {
			return fmt.Errorf("%s: %w", f.file, err)
		}
		reports = append(reports, r)
	}
	out := c.said(a, reports[0])
	if c.Passport || c.Chart != "" {
		p, err := evaluate.PassportOf(a.ctx, files[0].Ranked, truth, opts)
		if err != nil {
			return err
		}
		if err := c.show(a, p, reports[0], out); err != nil {
			return err
		}
	}
	if c.Against != "" {
		differences, err := c.against(reports[0], reports[1])
		if err != nil {
			return err
		}
		c.sayAgainst(a, files, differences)
		out["against"] = differences
	}
	return a.result(out)
}

// readResults reads ranked results and their sidecar.
func readResults(a *app, file string) (results, error) {
	ranked, err := evaluate.ReadRanked(file)
	if err != nil {
		return results{}, err
	}
	ranking, err := retrieval.ReadRanking(file)
	if err != nil {
		return results{}, err
	}
	if ranking == nil {
		a.log(fmt.Sprintf("there is no %s.json, which would say what was searched: "+
			"whether the truth is of those photos is not checked", file))
	}
	return results{ranked, file, ranking}, nil
}

// said shows a report and returns it as what --json prints.
func (c *evaluateCommand) said(a *app, report *evaluate.Report) map[string]any {
	for _, m := range report.Metrics {
		if !c.Passport { // which has them, too
			a.say("%-72s %.4f  [%.4f, %.4f]", m.Title, m.Value, m.Low, m.High)
		}
	}
	a.say("over %d queries; %d without truth were left out; %d without results count as 0; intervals: "+
		"95%%, bootstrap over queries",
		report.Queries, report.QueriesWithoutTruth, report.QueriesWithoutResults)
	out := map[string]any{"queries": report.Queries, "queries_without_truth": report.QueriesWithoutTruth,
		"queries_without_results": report.QueriesWithoutResults, "metrics": report.Metrics}
	for _, m := range report.Metrics {
		out[m.Name] = m.Value
	}
	if c.K != 10 {
		out["mar_at_10"] = nil // another k was asked for
	}
	return out
}

// twoLists decides whether a query and a result of the same id are two photos, and says so.
// In a catalogue they never are. Elsewhere pvs search gives a query its own id as a result
// only where it is another photo's, but other programs where it is the query itself: the
// truth tells, as nobody lists a photo as its own match who leaves it out of the results.
func (c *evaluateCommand) twoLists(a *app, files []results, truth map[string][]string) bool {
	if c.Truth == "" {
		return false
	}
	results, pairs := 0, ownIDs(truth)
	for _, f := range files {
		results += ownIDs(f.IDs)
	}
	two := c.IDs == "two" || c.IDs == "auto" && results > 0 && pairs > 0
	switch {
	case results == 0 && pairs == 0:
	case two:
		a.log(fmt.Sprintf("%d results and %d pairs of the truth have the query's own id: "+
			"taken for other photos, as of two lists of ids; --ids one takes them for the query itself", results, pairs))
	default:
		a.log(fmt.Sprintf("%d results and %d pairs of the truth have the query's own id: "+
			"taken for the query itself and left out; --ids two takes them for other photos", results, pairs))
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

// truth reads the truth, and makes sure that a catalogue is the one that was searched.
func (c *evaluateCommand) truth(a *app, files []results) (map[string][]string, error) {
	if c.Truth != "" {
		truth, problems, err := catalog.ReadTruth(c.Truth, catalog.Options{SkipBad: c.SkipBad})
		if err == nil {
			a.list("rows of the truth", problemLines(problems))
		}
		return truth, err
	}
	cat, err := a.openCatalog(c.Catalog, c.SkipBad)
	if err != nil {
		return nil, err
	}
	warnOfLeaks(a, cat)
	for _, f := range files {
		if err := f.compare(a, cat); err != nil {
			return nil, err
		}
	}
	truth, err := cat.Truth()
	a.list("rows of the catalogue", problemLines(cat.Skipped))
	return truth, err
}

// compare refuses results of other photos than the catalogue's.
func (r results) compare(a *app, cat *catalog.Catalog) error {
	if r.ranking != nil {
		notes, err := r.ranking.Against(a.ctx, cat, r.file)
		for _, n := range notes {
			a.log("warning: " + n)
		}
		if err != nil {
			return err
		}
	}
	byID := cat.ByID()
	queries, found, all := 0, 0, 0
	for query, list := range r.IDs {
		if _, ok := byID[query]; ok {
			queries++
		}
		for _, id := range list {
			if all++; byID[id].ID != "" {
				found++
			}
		}
	}
	switch {
	case len(r.IDs) > 0 && queries == 0:
		return fmt.Errorf("none of the %d queries of %s is a photo of the catalogue %s: name the catalogue that was searched",
			len(r.IDs), r.file, cat.Dir)
	case queries < len(r.IDs) || found < all:
		a.log(fmt.Sprintf("warning: %d of %d queries and %d of %d results of %s are no photos of the catalogue %s",
			len(r.IDs)-queries, len(r.IDs), all-found, all, r.file, cat.Dir))
	}
	return nil
}

// warnOfLeaks says when a product is both trained on and searched for: scores are then
// too good.
func warnOfLeaks(a *app, cat *catalog.Catalog) {
	if err := cat.CheckSplits(); err != nil {
		a.log("warning: " + err.Error())
	}
}
