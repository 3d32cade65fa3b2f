package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/catalog/shopfeed"
	"github.com/gopvs/product-visual-search/pvs/index"
)

type syncCommand struct {
	networkFlags
	Feed          string `arg:"" help:"The feed as it is now: a file, or an address (http, https)." placeholder:"FEED"`
	Index         string `required:"" help:"The index's folder." placeholder:"DIR"`
	Catalog       string `required:"" help:"The folder into which the feed was imported." placeholder:"DIR"`
	SkipBad       bool   `help:"Leave out rows of the feed that are bad, and list them in the catalogue's problems.txt."`
	AllowRemovals bool   `help:"Take out all products that the feed lacks, even if it looks cut off."`
	downloadFlags
}

// syncReport is what a feed has changed in an index.
type syncReport struct {
	Added     int      `json:"added"`     // photos
	Changed   int      `json:"changed"`   // photos with another file, or another title, category or product
	Removed   int      `json:"removed"`   // photos that the feed has no more
	Unchanged int      `json:"unchanged"` // photos
	Failed    int      `json:"failed"`    // photos that did not come, or could not be embedded
	Kept      int      `json:"kept"`      // photos that stay as they were because newer ones failed
	Photos    int      `json:"photos"`    // in the index now
	Products  int      `json:"products"`
	Seconds   float64  `json:"seconds"`
	Failures  []string `json:"failures"` // a line each
}

// Run brings a changed feed into its catalogue and an index.
func (c *syncCommand) Run(a *app) error {
	begun := time.Now()
	// Whether the index can be changed is seen before anything is downloaded.
	if err := a.changeIndex(c.Index, func(*index.Writer) error { return nil }); err != nil {
		return err
	}
	var report syncReport
	update, finish := a.progress("downloading")
	finish = sync.OnceFunc(finish)
	defer finish()
	s, err := shopfeed.Sync(a.ctx, c.Feed, c.Catalog, shopfeed.Options{SkipBad: c.SkipBad, AllowRemovals: c.AllowRemovals,
		Download: c.options(), Progress: update, Log: a.log},
		func(u *shopfeed.Update) error {
			finish()
			return c.apply(a, u, &report)
		})
	if err != nil {
		return err
	}
	report.Failed, report.Kept = report.Failed+s.Failed, report.Kept+s.Kept
	report.Failures = slices.Concat([]string{}, problemLines(s.Failures), report.Failures)
	report.Seconds = time.Since(begun).Seconds()
	const show = 10
	for _, line := range report.Failures[:min(show, len(report.Failures))] {
		a.log("failed: " + line)
	}
	if s.Skipped > 0 {
		a.log(fmt.Sprintf("what failed or was left out, %d photos or rows, is listed in %s", s.Skipped,
			filepath.Join(c.Catalog, dataset.ProblemsFile)))
	}
	a.say("%s: %d photos were added, %d changed, %d removed, %d are as they were; %d failed, %d old ones are kept; %.1f s",
		c.Index, report.Added, report.Changed, report.Removed, report.Unchanged, report.Failed, report.Kept,
		report.Seconds)
	return a.result(report)
}
