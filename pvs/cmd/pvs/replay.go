package main

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/replay"
)

type replayCommand struct {
	Folders []string `arg:"" name:"dir" help:"${replay_dirs}" placeholder:"DIR"`
	Catalog string   `help:"${replay_catalog}" placeholder:"DIR"`
	Out     string   `required:"" help:"Folder for replay.html." placeholder:"DIR"`
}

// Run makes the page.
func (c *replayCommand) Run(a *app) error {
	start := time.Now()
	runs, err := replay.Find(c.Folders...)
	if err != nil {
		return err
	}
	lock, err := onewriter.LockFolder(c.Out) // not before: it makes the folder
	if err != nil {
		return err
	}
	defer lock.Release()
	dir := c.Catalog
	for _, r := range runs {
		if dir == "" && r.Kept != nil {
			dir = r.Kept.Sample.Catalog
		}
	}
	if dir == "" {
		return misuse{errors.New("no run says which catalogue it is of: name it by --catalog")}
	}
	cat, err := a.openCatalog(dir, true)
	if err != nil {
		return err
	}
	update, finish := a.progress("looking at epochs")
	report, err := replay.Look(a.ctx, cat, runs, replay.Options{Progress: update})
	finish()
	if err != nil {
		return err
	}
	for _, note := range report.Notes {
		a.log(note)
	}
	page := filepath.Join(c.Out, "replay.html")
	if err := report.Page("What the trainings did").HTML(page); err != nil {
		return err
	}
	out := []map[string]any{}
	for _, r := range report.Runs {
		one := map[string]any{"name": r.Name, "parent": r.Parent, "from_epoch": r.From, "epochs": len(r.Epochs)}
		for _, e := range r.Epochs {
			if e.Seen != nil {
				one["sample_mar_at_10"] = e.Seen.MAR.Value // the last one's
			}
		}
		if r.Final != nil {
			one["mar_at_10"] = r.Final.Value
		}
		out = append(out, one)
	}
	result := map[string]any{"runs": out, "queries": len(report.Queries), "page": page}
	if report.Best != nil {
		changes := replay.Compare(report.Start.Seen, report.Best.Seen)
		a.say("%s, epoch %d, finds most: MAR@10 of the sample %.3f; against the start %d of %d queries find more and %d less",
			report.BestRun.Name, report.Best.Number, report.Best.Seen.MAR.Value, len(changes.Gained), len(report.Queries),
			len(changes.Lost))
		result["best"] = map[string]any{"run": report.BestRun.Name, "epoch": report.Best.Number,
			"sample_mar_at_10": report.Best.Seen.MAR.Value, "gained": len(changes.Gained), "lost": len(changes.Lost)}
	}
	a.say("page: %s   (open it in a browser)", page)
	result["seconds"] = time.Since(start).Seconds()
	return a.result(result)
}
