package lab

import (
	"fmt"
	"html"
	"time"

	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/internal/pace"
)

// often is how much time passes between two drawings of what changes.
const often = 250 * time.Millisecond

// Progress shows a bar with the time that is left. Update fits the library's progress
// callbacks; finish leaves a line that says what was done.
func Progress(what string) (update func(done, total int), finish func()) {
	b := newBar(what)
	return func(done, total int) { b.update(done, total, "") }, b.finish
}

// Training shows the progress of a training, a bar for each kind of its steps, which validates after each epoch; it
// fits finetune.Trainer.Progress and journey.Options.Progress.
func Training() func(finetune.Progress) {
	bars := map[string]*bar{}
	return func(p finetune.Progress) {
		b := bars[p.What]
		switch {
		case b == nil:
			b = newBar(p.What)
			bars[p.What] = b
		case b.ended:
			*b = bar{frame: b.frame, what: b.what, start: time.Now()}
		}
		b.update(p.Done, p.Total, figures(p))
		if p.Done == p.Total {
			b.finish()
		}
	}
}

// figures are a training's loss and speed, where it has them.
func figures(p finetune.Progress) string {
	s := ""
	if p.Loss > 0 {
		s += fmt.Sprintf(", loss %.3f", p.Loss)
	}
	if p.ImagesPerSecond > 0 {
		s += fmt.Sprintf(", %.0f images/s", p.ImagesPerSecond)
	}
	return s
}

// bar is a step's progress in a frame.
type bar struct {
	frame       *Frame
	what        string
	start, last time.Time
	pace        pace.Pace
	done        int
	ended       bool
}

func newBar(what string) *bar { return &bar{frame: NewFrame(), what: what, start: time.Now()} }

func (b *bar) update(done, total int, more string) {
	b.done = done
	now := time.Now()
	left := b.pace.Left(now, done, total)
	if now.Sub(b.last) < often || total < 1 {
		return
	}
	b.last = now
	line := fmt.Sprintf("%s: %d of %d%s", b.what, done, total, more)
	if left > 0 {
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	b.frame.HTML(fmt.Sprintf(`<div class="pvs-progress" style="color:#4a505e">%s</div>`+
		`<progress value="%d" max="%d" style="width:100%%"></progress>`, html.EscapeString(line), done, total))
}

// finish leaves a line. It does so without a bar too: what was there already is done
// at once.
func (b *bar) finish() {
	b.ended = true
	b.frame.HTML(fmt.Sprintf(`<div class="pvs-progress" style="color:#4a505e">%s: %d done in %.1f s</div>`,
		html.EscapeString(b.what), b.done, time.Since(b.start).Seconds()))
}

// Log returns a function that shows the library's sentences one above the other, the
// last few only; it fits the library's log callbacks.
func Log() func(string) {
	const most = 8
	var frame *Frame
	var lines []string
	return func(line string) {
		if frame == nil {
			frame = NewFrame()
		}
		if lines = append(lines, line); len(lines) > most {
			lines = lines[1:]
		}
		all := ""
		for _, l := range lines {
			all += html.EscapeString(l) + "<br>"
		}
		frame.HTML(`<div class="pvs-progress" style="color:#4a505e">` + all + `</div>`)
	}
}
