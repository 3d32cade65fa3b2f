package lab

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/finetune"
)

// LossCurve draws the loss of each training step again and again while it trains, below
// the progress: for each run, one after the other, the steps faintly and their running
// mean as a line. Update fits
// finetune.Trainer.Progress and journey.Options.Progress; finish draws the curve a last
// time.
func LossCurve(title string) (update func(finetune.Progress), finish func()) {
	progress := Training()
	l := liveCurve{title: title}
	return func(p finetune.Progress) {
		progress(p)
		l.add(p)
	}, l.draw
}

// liveCurve is a chart that grows.
type liveCurve struct {
	title string
	frame *Frame
	lines []chart.Curve
	steps int
	next  time.Time // it is drawn again then at the earliest
}

// add takes a step's loss, and draws the chart now and then.
func (l *liveCurve) add(p finetune.Progress) {
	if p.Loss <= 0 {
		return // frozen layers are computed: nothing trains yet
	}
	name := strings.TrimPrefix(p.What, "training ")
	if n := len(l.lines); n == 0 || l.lines[n-1].Name != name {
		l.lines = append(l.lines, chart.Curve{Name: name})
	}
	l.steps++
	line := &l.lines[len(l.lines)-1]
	line.Points = append(line.Points, chart.Point{X: float64(l.steps), Y: p.Loss})
	if begun := time.Now(); begun.After(l.next) {
		l.draw()
		// Drawing takes time from the training: a twentieth at most, however many steps there are.
		l.next = time.Now().Add(max(2*time.Second, 20*time.Since(begun)))
	}
}

// draw draws what there is.
func (l *liveCurve) draw() {
	if len(l.lines) == 0 {
		return // what was there already is not trained again
	}
	if l.frame == nil {
		l.frame = NewFrame()
	}
	l.frame.Show(l.chart())
}

// chart is the picture of what there is. The loss of one small batch says little: how
// many of its triplets or classes happen to be hard moves it more than training does.
func (l *liveCurve) chart() chart.Curves {
	mean := min(max(l.steps/10, 5), 100)
	least, most := math.Inf(1), 0.0
	for i := range l.lines {
		line := &l.lines[i]
		line.Mean = mean
		last := line.Points[len(line.Points)-1].Y
		least, most = min(least, last), max(most, last)
	}
	const apart = 20 // losses of other kinds: a classifier's and a Siamese head's
	return chart.Curves{Title: l.title, XLabel: "step", YLabel: fmt.Sprintf("loss: each step, and the mean of %d", mean),
		Lines: l.lines, Log: most > apart*least}
}
