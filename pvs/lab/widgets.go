package lab

import (
	"fmt"
	"html"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/widgets"
)

// How long a widget's cell runs: what a browser may take to answer, what a reader may
// take to see the widget, and to move it again. "Run all cells" goes on after that.
const (
	answerTime = 8 * time.Second
	firstTime  = 20 * time.Second
	idleTime   = time.Minute
)

// Slider calls draw with a frame and the slider's value, at once and whenever the
// slider moves, until it has rested for a while. Where no browser shows the notebook,
// draw is called once.
func Slider(label string, from, to, value int, draw func(f *Frame, value int)) {
	p := newPanel(label)
	frame := NewFrame()
	draw(frame, value)
	p.live(func() *comms.AddressChan[int] {
		return widgets.Slider(from, to, value).AppendTo(p.id).Done().Listen()
	}, func(v int) { draw(frame, v) })
	p.close(fmt.Sprintf("a slider from %d to %d", from, to))
}

// Select calls draw with a frame and the number of the chosen option, at once for the
// first and whenever another is chosen, until nothing has been chosen for a while.
// Where no browser shows the notebook, draw is called once.
func Select(label string, options []string, draw func(f *Frame, option int)) {
	p := newPanel(label)
	frame := NewFrame()
	draw(frame, 0)
	p.live(func() *comms.AddressChan[int] {
		return widgets.Select(options).AppendTo(p.id).Done().Listen()
	}, func(i int) {
		if i >= 0 && i < len(options) {
			draw(frame, i)
		}
	})
	p.close(fmt.Sprintf("a list of %d to choose from", len(options)))
}

// panel is the line that holds a widget.
type panel struct {
	frame     *Frame
	label, id string
}

func newPanel(label string) *panel {
	p := &panel{frame: NewFrame(), label: label, id: "pvs_" + gonbui.UniqueId()}
	p.frame.HTML(fmt.Sprintf(`<div><b>%s</b> <span id="%s"></span></div>`, html.EscapeString(label), p.id))
	return p
}

// close puts a sentence where the widget was: it is dead once the cell has ended.
func (p *panel) close(what string) {
	p.frame.HTML(fmt.Sprintf(`<div><b>%s</b> <span style="color:#70747e">(%s while the cell runs: run it again to use it)</span></div>`,
		html.EscapeString(p.label), html.EscapeString(what)))
}

// browser says whether somebody may be looking: Jupyter's server names the notebook to
// the kernels that it starts; what only executes notebooks does not.
func browser() bool { return gonbui.IsNotebook && os.Getenv("JPY_SESSION_NAME") != "" }

// live makes a widget and calls moved with each of its values until it rests.
func (p *panel) live(build func() *comms.AddressChan[int], moved func(int)) {
	if !browser() {
		return
	}
	ready := make(chan *comms.AddressChan[int], 1)
	go func() { // a widget waits for the browser's answer, for ever if there is none
		ready <- build().LatestOnly()
	}()
	var values *comms.AddressChan[int]
	select {
	case values = <-ready:
	case <-time.After(answerTime):
		return
	}
	stop := Context().Done()
	for wait := firstTime; ; wait = idleTime {
		select {
		case v := <-values.C:
			moved(v)
		case <-time.After(wait):
			return
		case <-stop:
			return
		}
	}
}
