package chart

import (
	"slices"
	"strings"
)

// column is a run with its position in the chart.
type column struct {
	JourneyRun
	x       float64
	branch  string
	hue     hue
	square  bool // the mark's form in every second branch, so that a branch is not known by colour alone
	path    bool // the final run, or one that it builds on
	parent  int  // -1 for none
	trains  []string
	changes []string // settings that its parent does not have
}

// series is one of the scores of all runs.
type series struct {
	class, heading, note string
	missing              []string // for a run without the score
	score                func(JourneyRun) *Score
	epochs               bool
}

var published = series{"published", "Published", "the original's leaderboard score on eProduct, MAR@10",
	[]string{"no score", "published"}, func(r JourneyRun) *Score {
		if r.Published == 0 {
			return nil
		}
		return &Score{r.Published, r.Published, r.Published}
	}, false}

var measured = series{"measured", "Measured here", "MAR@10 with its 95% interval", []string{"not", "measured"},
	func(r JourneyRun) *Score { return r.Measured }, true}

// series are those that any run has a score in.
func (j Journey) series() []series {
	var out []series
	for _, s := range []series{published, measured} {
		if slices.ContainsFunc(j.Runs, func(r JourneyRun) bool { return s.score(r) != nil }) {
			out = append(out, s)
		}
	}
	return out
}

// columns lays the runs out from left to right, with a gap between branches. The branch of 1.8 is 1.
func (j Journey) columns(f fonts) []column {
	path := map[string]bool{}
	for _, r := range j.Runs {
		if r.Final {
			path[r.Name] = true
			for _, a := range j.ancestors(r) {
				path[a] = true
			}
		}
	}
	var out []column
	var branches []string
	x := journeyLeft + columnWidth/2
	for i, r := range j.Runs {
		c := column{JourneyRun: r, path: path[r.Name], hue: hues[0], parent: -1}
		c.branch, _, _ = strings.Cut(r.Name, ".")
		settings := r.settings()
		if r.From != "" {
			c.parent = slices.IndexFunc(out, func(o column) bool { return o.Name == r.From })
			old := out[c.parent].settings()
			settings = slices.DeleteFunc(settings, func(s string) bool { return slices.Contains(old, s) })
			n := slices.Index(branches, c.branch)
			if n < 0 {
				n = len(branches)
				branches = append(branches, c.branch)
			}
			c.hue, c.square = hues[1+n%(len(hues)-1)], n%2 == 1
		}
		c.trains = f.wrap(r.Trains, 12.5, true, columnWidth-4)
		for _, s := range settings {
			c.changes = append(c.changes, f.wrap(s, 12, false, columnWidth-6)...)
		}
		if len(c.changes) > settingsLines {
			c.changes = append(c.changes[:settingsLines-1], "…")
		}
		if i > 0 {
			x += columnWidth
			if out[i-1].branch != c.branch {
				x += branchGap * columnWidth
			}
		}
		c.x = x
		out = append(out, c)
	}
	return out
}

// scored is the nearest run that c builds on and that has a score; direct says that it
// is the one c starts from.
func (s series) scored(columns []column, c column) (from int, direct bool) {
	for from = c.parent; from >= 0; from = columns[from].parent {
		if s.score(columns[from].JourneyRun) != nil {
			break
		}
	}
	return from, from == c.parent
}
