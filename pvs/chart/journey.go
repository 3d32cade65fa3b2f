package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Journey is the chart of runs that build on each other: the scores that were
// published beside those measured here.
type Journey struct {
	Title, Subtitle string       // Subtitle: catalogue, scale
	Runs            []JourneyRun // each after the run it starts from
	Correlation     string       // a sentence below the chart
}

// JourneyRun is one run of the journey's chart.
type JourneyRun struct {
	Name, From string  // "1.8", "1.2"; From is empty for the first
	Trains     string  // "full"
	Note       string  // all settings, between commas: "full, frozen BatchNorms, dropout 0.2, Adam 1e-4"
	Published  float64 // leaderboard score; 0 where there is none
	Measured   *Score  // nil where not measured
	Epochs     []Score // after each epoch, the run's end last; may be empty
	Final      bool    // the run that the journey leads to
}

// Score is a value with its 95% interval.
type Score struct{ Value, Low, High float64 }

func (s Score) String() string { return fmt.Sprintf("%.3f [%.3f, %.3f]", s.Value, s.Low, s.High) }

// check refuses what cannot be drawn.
func (j Journey) check() error {
	if len(j.Runs) == 0 {
		return fmt.Errorf("the journey has no runs")
	}
	known, final := map[string]bool{}, ""
	for _, r := range j.Runs {
		if r.Name == "" || known[r.Name] {
			return fmt.Errorf("a run's name %q is empty or stands twice in the journey", r.Name)
		}
		if r.From != "" && !known[r.From] {
			return fmt.Errorf("run %s starts from %q, which is no run before it in the journey", r.Name, r.From)
		}
		known[r.Name] = true
		if r.Published < 0 || !finite(r.Published) {
			return fmt.Errorf("the published score %g of run %s is not a score", r.Published, r.Name)
		}
		scores := r.Epochs
		if r.Measured != nil {
			scores = append(slices.Clone(scores), *r.Measured)
		}
		for _, s := range scores {
			if !finite(s.Value, s.Low, s.High) || s.Low > s.High {
				return fmt.Errorf("the measured score %v of run %s is not a score with its interval", s, r.Name)
			}
		}
		if r.Final && final != "" {
			return fmt.Errorf("runs %s and %s are both marked final", final, r.Name)
		}
		if r.Final {
			final = r.Name
		}
	}
	return nil
}

// finite says whether all values are neither NaN nor infinite.
func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// PNG draws the journey as a picture.
func (j Journey) PNG(path string) error {
	d, err := j.layout(j.series())
	if err != nil {
		return err
	}
	return d.png(path)
}

// SVG draws the same picture in a form that scales.
func (j Journey) SVG(path string) error {
	d, err := j.layout(j.series())
	if err != nil {
		return err
	}
	return d.svg(path)
}

// ancestors are the names of the runs that a run builds on, nearest first.
func (j Journey) ancestors(r JourneyRun) []string {
	from := map[string]string{}
	for _, r := range j.Runs {
		from[r.Name] = r.From
	}
	var out []string
	for name := r.From; name != ""; name = from[name] {
		out = append(out, name)
	}
	return out
}

// settings are the parts of a run's note without what trains, which has a line of its own.
func (r JourneyRun) settings() []string {
	var out []string
	for s := range strings.SplitSeq(r.Note, ",") {
		if s = strings.TrimSpace(s); s != "" && s != r.Trains {
			out = append(out, s)
		}
	}
	return out
}

// published is the score as text.
func (r JourneyRun) published() string {
	if r.Published == 0 {
		return "none"
	}
	return fmt.Sprintf("%.3f", r.Published)
}

// measured is the score as text.
func (r JourneyRun) measured() string {
	if r.Measured == nil {
		return "not measured"
	}
	return r.Measured.String()
}
