package main

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/teach"
)

type teachCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
	Pairs string `required:"" help:"${teach_pairs}" placeholder:"FILE.jsonl"`
	Seed  uint64 `default:"0" help:"${teach_seed}"`
}

// Run fits to the clicks of a file and says whether they help. Nothing is written.
func (c *teachCommand) Run(a *app) error {
	state, err := teach.Read(c.Pairs)
	if err != nil {
		return err
	}
	return readIndex(c.Index, func(s *index.Snapshot) error {
		info, err := s.Info(a.ctx)
		if err != nil {
			return err
		}
		made := teach.MadeBy(c.Index, s.Origin(), info.Dim)
		update, finish := a.progress("fits")
		taught, err := teach.Fit(a.ctx, teach.Of(s), made, state.Clicks, teach.Options{Seed: c.Seed, Progress: update})
		finish()
		if err != nil {
			return fmt.Errorf("fitting to the clicks of %s: %w", c.Pairs, err)
		}
		r := taught.Report
		a.say("%d clicks on %d photos that were searched for: %d the same product, %d not", r.Clicks, r.Queries, r.Same,
			r.Clicks-r.Same)
		if left := r.LeftOut.String(); left != "" {
			a.say("left out: %s; this index is of %s", left, made)
		}
		a.say("%s", r.String())
		return a.result(struct {
			teach.Report
			State int  `json:"state"`
			Helps bool `json:"helps"`
		}{r, state.Lines, r.Verdict == teach.Helps})
	})
}
