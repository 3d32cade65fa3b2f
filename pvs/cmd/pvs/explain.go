package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/explain"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type explainCommand struct {
	networkFlags
	Catalog string `arg:"" help:"The catalogue folder." placeholder:"DIR"`
	Folder  string `name:"run" xor:"what" required:"" help:"${explain_run}" placeholder:"DIR"`
	Ranked  string `xor:"what" required:"" help:"${explain_ranked}" placeholder:"FILE.csv"`
	Index   string `xor:"what" required:"" help:"${explain_index}" placeholder:"DIR"`
	Queries string `help:"${explain_queries}" placeholder:"NAME"`
	Out     string `default:"pvs-explain" help:"${explain_out}" placeholder:"DIR"`
	Maps    int    `min:"0" max:"500" default:"12" help:"Queries for which heat maps are made."`

	found map[string][]string // by a file of results; nil: there is none
}

// Validate refuses flags that do not go together.
func (c *explainCommand) Validate() error {
	if c.Queries != "" && c.Index == "" {
		return errors.New("--queries goes with --index: a run and ranked results name their own")
	}
	return c.networkFlags.Validate()
}

// Run explains.
func (c *explainCommand) Run(a *app) error {
	start := time.Now()
	cat, err := a.openCatalog(c.Catalog, false)
	if err != nil {
		return err
	}
	lock, err := onewriter.LockFolder(c.Out)
	if err != nil {
		return err
	}
	defer lock.Release()
	s, index, err := c.search(a, cat)
	if err != nil {
		return err
	}
	e, err := c.embedder(a, index, s.Index.Origin)
	if err != nil {
		return err
	}
	report, err := explain.Explain(a.ctx, s, explain.Options{Embedder: e, Dir: filepath.Join(c.Out, "work"),
		Backend: a.searchBackend, Progress: a.progress, Maps: c.Maps})
	if err != nil {
		return err
	}
	if err := c.compare(a, cat, report); err != nil {
		return err
	}
	table, page, picture := filepath.Join(c.Out, "autopsy.csv"), filepath.Join(c.Out, "autopsy.html"),
		filepath.Join(c.Out, "autopsy.png")
	if err := report.WriteCSV(table); err != nil {
		return err
	}
	drawing := c.page(cat, s, report)
	if err := drawing.HTML(page); err != nil {
		return err
	}
	if len(report.Causes) > 0 {
		if err := drawing.PNG(picture); err != nil {
			return err
		}
	}
	c.say(a, report)
	a.say("all queries that miss: %s", table)
	a.say("page:                  %s   (open it in a browser)", page)
	a.say("done in %.0f s", time.Since(start).Seconds())
	out := map[string]any{"queries": report.Queries, "missed": len(report.Missed), "mar_at_10": report.MAR.Value,
		"causes": causesOf(c, report), "skewness": report.Skewness, "embedded": report.Embedded, "report": table,
		"page": page, "picture": picture, "seconds": time.Since(start).Seconds()}
	return a.result(out)
}

// embedder is the one that the index was made with, or that of the flags where that is not known.
func (c *explainCommand) embedder(a *app, index string, o *vectors.Origin) (embed.Embedder, error) {
	if o.Known() {
		return c.as(a, index, o)
	}
	e, _, err := c.open(a)
	return e, err
}

// compare says that results of a file were not found by the plain search of their vectors, which is explained.
func (c *explainCommand) compare(a *app, cat *catalog.Catalog, r *explain.Autopsy) error {
	if c.found == nil {
		return nil
	}
	truth, err := cat.Truth()
	if err != nil {
		return err
	}
	scored, err := evaluate.Score(c.found, truth, evaluate.Options{K: retrieval.K})
	if err != nil {
		return err
	}
	const rounding = 1e-6
	if was := scored.MAR().Value; math.Abs(was-r.MAR.Value) > rounding {
		a.log(fmt.Sprintf("the results that are there have a MAR@10 of %.4f, and the plain search of the same vectors has "+
			"%.4f: they were re-ranked, expanded or found otherwise; explained is the plain search", was, r.MAR.Value))
	}
	return nil
}

// say prints the causes.
func (c *explainCommand) say(a *app, r *explain.Autopsy) {
	a.say("MAR@10 %.4f [%.4f, %.4f] over %d queries; %d of them miss right photos that ten results have room for",
		r.MAR.Value, r.MAR.Low, r.MAR.High, r.Queries, len(r.Missed))
	a.say("")
	a.say("%-32s %6s %6s   %-32s %s", "cause", "main", "in all", "gain of MAR@10", "cure")
	for _, s := range r.Causes {
		best, most := s.Best(), ""
		if best.AtMost {
			most = "at most "
		}
		a.say("%-32s %6d %6d   %-32s %s", causeNames[s.Cause], s.Main, s.Queries,
			fmt.Sprintf("%s%+.4f [%+.4f, %+.4f]", most, best.Gain, best.Low, best.High), best.Way)
	}
	a.say("")
}

// causesOf are the causes as JSON.
func causesOf(c *explainCommand, r *explain.Autopsy) []map[string]any {
	out := []map[string]any{}
	for _, s := range r.Causes {
		best := s.Best()
		var cures []map[string]any
		for _, cure := range s.Cures {
			cures = append(cures, map[string]any{"cure": cure.Way, "gain": cure.Gain, "low": cure.Low, "high": cure.High,
				"at_most": cure.AtMost})
		}
		out = append(out, map[string]any{"name": string(s.Cause), "queries": s.Queries, "main": s.Main, "gain": best.Gain,
			"low": best.Low, "high": best.High, "at_most": best.AtMost, "cure": best.Way,
			"command": c.command(s.Cause), "cures": cures})
	}
	return out
}

// unchanged refuses vectors of photos whose files were replaced since.
func unchanged(a *app, cat *catalog.Catalog, name string, ids []string) error {
	changed, first, err := changedPhotos(a.ctx, cat, name, ids)
	if err != nil {
		return err
	}
	if changed > 0 {
		return fmt.Errorf("%d of %d photos of %s were replaced or removed since they were embedded, %s the first: "+
			"embed and search again", changed, len(ids), name, first)
	}
	return nil
}
