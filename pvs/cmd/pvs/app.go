package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/internal/pace"
)

// app is what every verb gets: where to write and when to stop.
type app struct {
	ctx            context.Context
	stdout, stderr *os.File
	json           bool
}

// say writes a line for people: to stdout, or to stderr where stdout is for JSON.
func (a *app) say(format string, args ...any) {
	out := a.stdout
	if a.json {
		out = a.stderr
	}
	fmt.Fprintf(out, format+"\n", args...)
}

// log writes a line of progress.
func (a *app) log(line string) { fmt.Fprintln(a.stderr, line) }

// result writes the JSON object, if one was asked for. A figure that is NaN or infinite is null.
func (a *app) result(v any) error {
	if !a.json {
		return nil
	}
	line, err := json.Marshal(finite(v))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n", line)
	return err
}

// list shows what was left out: the first few, and how many.
func (a *app) list(what string, lines []string) {
	const show = 10
	for i, l := range lines {
		if i == show {
			a.log(fmt.Sprintf("... and %d more", len(lines)-show))
			break
		}
		a.log("left out: " + l)
	}
	if len(lines) > 0 {
		a.log(fmt.Sprintf("%d %s were left out", len(lines), what))
	}
}

// openCatalog opens a catalogue and says what should be known of its ids.
func (a *app) openCatalog(dir string, skipBad bool) (*catalog.Catalog, error) {
	cat, err := catalog.Open(dir, catalog.Options{SkipBad: skipBad})
	if err != nil {
		return nil, err
	}
	for _, note := range cat.Notes {
		a.log(note)
	}
	return cat, nil
}

// bar is a progress bar on the terminal.
func (a *app) bar(what string, total int) *progressbar.ProgressBar {
	return progressbar.NewOptions(total, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth())
}

// terminal says whether people watch.
func (a *app) terminal() bool { return term.IsTerminal(int(a.stderr.Fd())) }

// unknownTotal is the total of a progress whose end is not known.
const unknownTotal = -1

// progress shows how far a long step is: a bar on a terminal, else a line now and then.
func (a *app) progress(what string) (update func(done, total int), finish func()) {
	if a.terminal() {
		var bar *progressbar.ProgressBar
		return func(done, total int) {
				if bar == nil {
					bar = a.bar(what, total)
				}
				_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
			}, func() {
				if bar != nil {
					_ = bar.Finish()
					fmt.Fprintln(a.stderr)
				}
			}
	}
	var p pace.Pace
	last := time.Now()
	return func(done, total int) {
		now := time.Now()
		left := p.Left(now, done, total)
		if done == total || now.Sub(last) > 5*time.Second {
			last = now
			line := fmt.Sprintf("%s: %d of %d", what, done, total)
			if total == unknownTotal {
				line = fmt.Sprintf("%s: %d", what, done)
			}
			a.log(line + remaining(left))
		}
	}, func() {}
}

// steps shows the progress of a training: a bar for each run on a terminal, else a line
// now and then.
func (a *app) steps() func(finetune.Progress) {
	if a.terminal() {
		return a.trainingBars()
	}
	last := time.Now()
	return func(p finetune.Progress) {
		if time.Since(last) < 15*time.Second {
			return
		}
		last = time.Now()
		a.log(fmt.Sprintf("%s: %d of %d%s%s", p.What, p.Done, p.Total, figures(p), remaining(p.Left)))
	}
}

// remaining is the time left, where something is known of it.
func remaining(left time.Duration) string {
	if left <= 0 {
		return ""
	}
	return fmt.Sprintf(", %s left", left.Round(time.Second))
}

// figures are a training's loss and speed, where it has them.
func figures(p finetune.Progress) string {
	s := ""
	if p.Loss > 0 {
		s += fmt.Sprintf(", loss %.4f", p.Loss)
	}
	if p.ImagesPerSecond > 0 {
		s += fmt.Sprintf(", %.0f images/s", p.ImagesPerSecond)
	}
	return s
}

// trainingBars shows a bar for each run or other step.
func (a *app) trainingBars() func(finetune.Progress) {
	var bar *progressbar.ProgressBar
	var what string
	var last time.Time
	return func(p finetune.Progress) {
		if bar == nil || p.What != what {
			what, bar = p.What, a.bar(p.What, p.Total)
		}
		if p.Done < p.Total && time.Since(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		bar.Describe(p.What + figures(p))
		_ = bar.Set(p.Done) // a bar that cannot be drawn is no reason to stop
		if p.Done == p.Total {
			fmt.Fprintln(a.stderr)
			bar = nil
		}
	}
}
