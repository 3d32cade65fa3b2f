package lab

import (
	"fmt"
	"html"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/janpfeifer/gonb/gonbui/widgets"

	"github.com/gopvs/product-visual-search/kernels/variables"
)

// How long a widget's cell runs: what a browser may take to answer, how often it is
// asked, and what a reader may take to see the widget. "Run all cells" goes on after
// that, or after [idleTime].
const (
	answerTime = 6 * time.Second
	asked      = 3
	firstTime  = 20 * time.Second
)

// idleTime is what a reader may take to move a widget again.
func idleTime() time.Duration { return Scaled(5*time.Second, time.Minute) }

// Slider calls draw with a frame and the slider's value, at once and whenever the
// slider moves, until it has rested for a while. Where no browser shows the notebook,
// draw is called once.
func Slider(label string, from, to, value int, draw func(f *Frame, value int)) {
	p := newPanel(label)
	frame := NewFrame()
	draw(frame, value)
	p.live(func() *comms.AddressChan[int] {
		return widgets.Slider(from, to, value).AppendTo(p.id).Done().Listen().LatestOnly()
	}, func(v int) { draw(frame, v) }, fmt.Sprintf("a slider from %d to %d", from, to))
}

// Select calls draw with a frame and the number of the chosen option, at once for the
// first and whenever another is chosen, until nothing has been chosen for a while.
// Where no browser shows the notebook, draw is called once.
func Select(label string, options []string, draw func(f *Frame, option int)) {
	p := newPanel(label)
	frame := NewFrame()
	draw(frame, 0)
	p.live(func() *comms.AddressChan[int] {
		return widgets.Select(options).AppendTo(p.id).Done().Listen().LatestOnly()
	}, func(i int) {
		if i >= 0 && i < len(options) {
			draw(frame, i)
		}
	}, fmt.Sprintf("a list of %d to choose from", len(options)))
}

// panel is the line that holds a widget.
type panel struct {
	frame     *Frame
	label, id string
}

func newPanel(label string) *panel {
	p := &panel{frame: NewFrame(), label: label, id: "pvs_" + gonbui.UniqueId()}
	p.open()
	return p
}

// open shows the line with an empty place for the widget.
func (p *panel) open() {
	p.frame.HTML(fmt.Sprintf(`<div><b>%s</b> <span id="%s"></span></div>`, html.EscapeString(p.label), p.id))
}

// close puts a sentence where the widget was: it is dead once the cell has ended.
func (p *panel) close(sentence string) {
	p.frame.HTML(fmt.Sprintf(`<div><b>%s</b> <span style="color:#70747e">(%s)</span></div>`, html.EscapeString(p.label),
		html.EscapeString(sentence)))
}

// rest is what close says of a widget that can be had again.
func rest(what string) string { return what + " while the cell runs: run it again to use it" }

// silence is what close says where a browser should have answered.
func silence(what string) string {
	return what + "; the browser did not answer. If you see this in a browser, run the cell again, and reload the page " +
		"before that if it stays so"
}

// browser says whether somebody may be looking.
func browser() bool { return gonbui.IsNotebook && variables.Browser() }

// live makes a widget, calls moved with each of its values until it rests, and closes
// the panel.
func (p *panel) live(build func() *comms.AddressChan[int], moved func(int), what string) {
	if !browser() {
		p.close(rest(what))
		return
	}
	values := connect(p, build)
	if values == nil {
		p.close(silence(what))
		return
	}
	defer p.close(rest(what))
	stop := Context().Done()
	for wait := firstTime; ; wait = idleTime() {
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

// connect makes a widget, which build ends by waiting for the browser's first word. It
// makes it anew if that does not come: GoNB gives the page three seconds to connect, and
// the page gives the kernel half a second to agree, which a busy machine can miss. It
// returns nil if the browser stays silent, as it does where there is none.
func connect[T protocol.CommValueTypes](p *panel, build func() *comms.AddressChan[T]) *comms.AddressChan[T] {
	stop := Context().Done()
	for try := range asked {
		if try > 0 {
			p.open() // without what the last try may have put there
		}
		ready := make(chan *comms.AddressChan[T], 1)
		go func() { ready <- build() }()
		select {
		case values := <-ready:
			return values
		case <-time.After(answerTime):
		case <-stop:
			return nil
		}
	}
	return nil
}
