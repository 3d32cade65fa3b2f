package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gopvs/product-visual-search/pvs/teach"
)

// Teachable is a [Snapshot] on which clicks can be fitted.
type Teachable interface {
	Snapshot
	// Source is the state as a fit looks at it, and what made its vectors.
	Source() (teach.Source, teach.Made)
}

// fitTime is how long a fit may take.
const fitTime = 3 * time.Minute

// teaching keeps clicks and fits to them, one fit at a time, in a goroutine of its own. Searches go on by the fit
// before.
type teaching struct {
	s       *Server
	journal *teach.Journal
	wake    chan struct{}
	cancel  context.CancelFunc
	ended   chan struct{}

	mu   sync.Mutex
	last fitted
	busy bool
}

// fitted is a fit, or why there is none.
type fitted struct {
	key    string // of the embedder whose vectors it is of
	lines  int    // state of the clicks
	report teach.Report
	metric *teach.Metric // nil: there is none
	failed string        // sentence
}

// errNotTeachable says that an index cannot be taught.
var errNotTeachable = errors.New("clicks cannot be fitted on this kind of index")

func (s *Server) startTeaching() {
	ctx, cancel := context.WithCancel(context.Background())
	t := &teaching{s: s, journal: s.opts.Clicks, wake: make(chan struct{}, 1), cancel: cancel, ended: make(chan struct{})}
	s.teaching = t
	go func() {
		defer close(t.ended)
		for {
			select {
			case <-t.wake:
				t.fit(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	t.again()
}

// again has the clicks fitted once more, as they or the index have changed.
func (t *teaching) again() {
	if t == nil {
		return
	}
	select {
	case t.wake <- struct{}{}:
	default: // it will be anyway
	}
}

func (t *teaching) close() error {
	if t == nil {
		return nil
	}
	t.cancel()
	<-t.ended
	return t.journal.Close()
}

// fit fits to the clicks as they are now.
func (t *teaching) fit(ctx context.Context) {
	t.set(func() { t.busy = true })
	defer t.set(func() { t.busy = false })
	v, err := t.s.view()
	if err != nil {
		return // the server is being closed, or an answer says that the index cannot be read
	}
	defer v.end()
	state := t.journal.State()
	next := fitted{key: v.key, lines: state.Lines}
	ctx, cancel := context.WithTimeoutCause(ctx, fitTime,
		fmt.Errorf("fitting to %d clicks took longer than %s and was given up", len(state.Clicks), fitTime))
	defer cancel()
	taught, err := t.run(ctx, v, state)
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		t.s.opts.Log("clicks: " + err.Error())
		next.failed = "the clicks could not be fitted; what was wrong is in the server's log"
	default:
		next.report, next.metric = taught.Report, taught.Metric
	}
	t.set(func() { t.last = next })
}

// run is a fit, whose panic costs itself only.
func (t *teaching) run(ctx context.Context, v *view, state teach.State) (taught *teach.Taught, err error) {
	defer rescue(&err, "a fit to clicks")
	src, made := v.Snapshot.(Teachable).Source()
	return teach.Fit(ctx, src, made, state.Clicks, teach.Options{})
}

func (t *teaching) set(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}

// now returns the last fit, whether it is of the network that answers, and whether another one is to come.
func (t *teaching) now(l *live) (f fitted, is, fitting bool) {
	lines := t.journal.State().Lines
	t.mu.Lock()
	defer t.mu.Unlock()
	is = t.last.key == l.key
	return t.last, is, t.busy || !is || t.last.lines != lines
}

// Ways to search by clicks.
const (
	taughtBest = ""  // where they are shown to help
	taughtOn   = "1" // where there is a fit
	taughtOff  = "0"
)

// applied is what clicks have to do with an answer.
type applied struct {
	on     bool
	metric *teach.Metric // where on
	clicks int           // that it is made of
	lines  int           // the state of the clicks that it is of
	cutoff float64       // where on
}

// taught says what is applied to a search; nil: this server keeps no clicks.
func (s *Server) taught(v *view, mode string) (*applied, error) {
	if !slices.Contains([]string{taughtBest, taughtOn, taughtOff}, mode) {
		return nil, wrong("taught is %.20q; it must be 1 or 0", mode)
	}
	if s.teaching == nil {
		if mode == taughtOn {
			return nil, wrong("this server keeps no clicks, so that none can be applied: leave out taught=1")
		}
		return nil, nil
	}
	a := &applied{}
	f, is, _ := s.teaching.now(v.live)
	if !is {
		return a, nil
	}
	a.lines, a.clicks = f.lines, f.report.Clicks
	a.on = f.metric != nil && (mode == taughtOn || mode == taughtBest && f.report.Verdict == teach.Helps)
	if a.on {
		a.metric, a.cutoff = f.metric, f.report.Cutoff(v.Info().Cutoff)
	}
	return a, nil
}

// info is what is said of the index: by clicks, scores are others, and so is the cut-off.
func (a *applied) info(i Info) Info {
	if a != nil && a.on {
		i.Cutoff = a.cutoff
	}
	return i
}

// mostCandidates is how many photos are compared by a metric at most.
const mostCandidates = 10_000

// search asks the index, and puts what it finds into the order of the clicks.
func (a *applied) search(ctx context.Context, v *view, q Query) (Found, error) {
	if a == nil || !a.on {
		return v.Search(ctx, q)
	}
	ask := q
	ask.Vector, ask.MinScore, ask.Photos = a.metric.Query(q.Vector), nil, true
	for n := teach.Candidates(q.K); ; n *= 4 {
		ask.K = min(n, mostCandidates)
		found, err := v.Search(ctx, ask)
		if err != nil {
			return Found{}, err
		}
		all := len(found.Products) < ask.K || ask.K == mostCandidates
		begun := time.Now()
		products := a.order(q, found.Products)
		found.Stages = append(found.Stages, Stage{"teach", time.Since(begun)})
		if len(products) == q.K || all {
			found.Products = products
			return found, nil
		}
	}
}

// order leaves of photos the best of each product, by the metric.
func (a *applied) order(q Query, photos []Hit) (products []Hit) {
	rows := make([][]float32, len(photos))
	for i, h := range photos {
		rows[i] = h.Vector
	}
	for i, score := range a.metric.Cosines(q.Vector, rows) {
		photos[i].Score = score
	}
	slices.SortStableFunc(photos, func(x, y Hit) int { return cmp.Compare(y.Score, x.Score) })
	return distinct(nil, slices.DeleteFunc(photos, func(h Hit) bool {
		return q.MinScore != nil && h.Score < *q.MinScore
	}), q.K)
}

// score compares two vectors as the search does.
func (a *applied) score(query, photo []float32) float64 {
	if a != nil && a.on {
		return a.metric.Cosines(query, [][]float32{photo})[0]
	}
	return dot(query, photo)
}
