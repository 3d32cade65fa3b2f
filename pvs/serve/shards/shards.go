package shards

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/peer"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Options of [Open]; zero values are defaults.
type Options struct {
	Token   string        // that all shards ask for; "": none
	Name    string        // for people; "": what the shards' names have in common
	Timeout time.Duration // how long a shard is waited for; 0: 2 s
	// ChangeTimeout is how long it is waited for when something is changed or checked; 0: 10 s.
	ChangeTimeout time.Duration
	Again         time.Duration // how often one that does not answer is asked again; 0: 0.5 s
	Log           func(string)  // gets what went wrong, a line each; nil: nobody does
}

func (o *Options) fill() {
	for _, d := range []struct {
		at    *time.Duration
		usual time.Duration
	}{{&o.Timeout, 2 * time.Second}, {&o.ChangeTimeout, 10 * time.Second}, {&o.Again, 500 * time.Millisecond}} {
		if *d.at == 0 {
			*d.at = d.usual
		}
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
}

// Index is several shards as one.
type Index struct {
	shards    []*shard
	opts      Options
	pageOfIDs int

	checking sync.Mutex // one shard is taken in at a time
	places   places
	quit     chan struct{}
	asking   sync.WaitGroup
	hangUp   context.CancelFunc
	ctx      context.Context // of what is asked in the background
}

// Open asks the shards at some addresses what they hold, and makes sure that they can be searched as one. Those that do
// not answer are left out until they do; one must.
func Open(ctx context.Context, urls []string, opts Options) (*Index, error) {
	opts.fill()
	x := &Index{opts: opts, pageOfIDs: serve.MostIDs, quit: make(chan struct{})}
	x.ctx, x.hangUp = context.WithCancel(context.Background())
	client := newClient()
	for _, text := range urls {
		base, err := peer.Address(text, "a shard")
		if err != nil {
			return nil, err
		}
		for _, other := range x.shards {
			if other.base.String() == base.String() {
				return nil, fmt.Errorf("the shard %s is named twice", text)
			}
		}
		x.shards = append(x.shards, &shard{name: base.Host, base: base, client: client, token: opts.Token})
	}
	if len(x.shards) == 0 {
		return nil, errors.New("there are no shards: name their addresses")
	}
	if err := x.open(ctx); err != nil {
		client.CloseIdleConnections()
		return nil, err
	}
	x.asking.Go(x.askAgain)
	return x, nil
}

// open asks all shards and checks those that answer.
func (x *Index) open(ctx context.Context) error {
	infos, errs := make([]*info, len(x.shards)), make([]error, len(x.shards))
	var all sync.WaitGroup
	for i, s := range x.shards {
		all.Go(func() {
			limited, cancel := context.WithTimeout(ctx, x.opts.ChangeTimeout)
			defer cancel()
			infos[i], errs[i] = s.readInfo(limited, "")
		})
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	var there []*shard
	var known []*info
	var why []string
	for i, s := range x.shards {
		if err := errs[i]; err != nil {
			if errors.As(err, new(refusal)) {
				return fmt.Errorf("the shard %s is refused: %w", s.name, err)
			}
			s.fails(err)
			why = append(why, fmt.Sprintf("%s: %v", s.name, err))
			continue
		}
		if len(there) > 0 {
			for j := range there {
				if err := fits(there[j], known[j], s, infos[i]); err != nil {
					return err
				}
			}
		}
		there, known = append(there, s), append(known, infos[i])
	}
	if len(there) == 0 {
		return unavailable("none of the shards answers: %s", strings.Join(why, "; "))
	}
	photos := 0
	for _, i := range known {
		photos += i.Photos
	}
	if len(there) > 1 {
		x.opts.Log(fmt.Sprintf("comparing the ids of %d photos in %d shards", photos, len(there)))
	}
	if at, err := x.apart(ctx, there, known); err != nil {
		if at != nil {
			err = fmt.Errorf("comparing the photos of the shards: %s: %w", at.name, err)
		}
		return err
	}
	for i, s := range there {
		s.answers(known[i])
	}
	for _, line := range why {
		x.opts.Log("a shard is left out until it answers: " + line)
	}
	return nil
}

// askAgain asks shards that are left out, until the index is closed.
func (x *Index) askAgain() {
	tick := time.NewTicker(x.opts.Again)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-x.quit:
			return
		}
		var all sync.WaitGroup
		for _, s := range x.shards {
			if _, why := s.now(); why != nil {
				all.Go(func() { x.takeIn(s) })
			}
		}
		all.Wait()
	}
}

// takeIn asks a shard that is left out, checks it if it has another index than it was checked with, and takes it in.
func (x *Index) takeIn(s *shard) {
	limited, cancel := context.WithTimeout(x.ctx, x.opts.Timeout)
	defer cancel()
	got, err := s.readInfo(limited, "")
	news := false
	if err == nil {
		news, err = x.join(s, got)
	}
	switch {
	case x.ctx.Err() != nil:
	case err != nil:
		x.leaveOut(s, err)
	case news:
		x.opts.Log(fmt.Sprintf("the shard %s answers: it is searched again", s.name))
	}
}

// join takes a shard in that fits the others: one at a time, so that no two come in that were not compared.
func (x *Index) join(s *shard, got *info) (news bool, err error) {
	x.checking.Lock()
	defer x.checking.Unlock()
	if err := x.check(s, got); err != nil {
		return false, err
	}
	return s.answers(got), nil
}

// check compares a shard that comes back with those that answer. If its index is what it was, it was compared before.
func (x *Index) check(s *shard, got *info) error {
	list, infos := []*shard{s}, []*info{got}
	for _, other := range x.shards {
		i, why := other.now()
		if other == s || i == nil {
			continue
		}
		if err := fits(s, got, other, i); err != nil {
			return err
		}
		if why == nil {
			list, infos = append(list, other), append(infos, i)
		}
	}
	s.mu.Lock()
	checked := s.checked
	s.mu.Unlock()
	if checked == got.Index {
		return nil
	}
	at, err := x.apart(x.ctx, list, infos)
	if err != nil && at != nil && at != s {
		return fmt.Errorf("its photos could not be compared with those of %s: %w", at.name, err)
	}
	return err
}

// leaveOut notes that a shard does not answer.
func (x *Index) leaveOut(s *shard, err error) {
	if s.fails(err) {
		x.opts.Log(fmt.Sprintf("the shard %s is left out: %v", s.name, err))
	}
}

// Origin says what made the vectors, as far as a shard that answers knows it; nil: not known.
func (x *Index) Origin() *vectors.Origin {
	for _, s := range x.shards {
		if i, _ := s.now(); i != nil && i.origin.Known() {
			return i.origin
		}
	}
	return nil
}

// Shards returns how many there are, and the names of those that do not answer with why.
func (x *Index) Shards() (all int, out []string) {
	for _, s := range x.shards {
		if _, why := s.now(); why != nil {
			out = append(out, fmt.Sprintf("%s: %v", s.name, why))
		}
	}
	return len(x.shards), out
}

// Snapshot takes what is known of the shards, asking for it again where that is older than 2 s.
func (x *Index) Snapshot() (serve.Snapshot, error) {
	var all sync.WaitGroup
	for _, s := range x.shards {
		all.Go(func() {
			limited, cancel := context.WithTimeout(x.ctx, x.opts.Timeout)
			defer cancel()
			if err := s.refresh(limited); err != nil && x.ctx.Err() == nil {
				x.leaveOut(s, err)
			}
		})
	}
	all.Wait()
	return x.snapshot()
}

// Close ends what is asked. Shards go on.
func (x *Index) Close() error {
	close(x.quit)
	x.hangUp()
	x.asking.Wait()
	x.shards[0].client.CloseIdleConnections()
	return nil
}

// unavailable is the error of what needs shards that do not answer.
func unavailable(format string, args ...any) error {
	return tag.Error(fmt.Errorf(format, args...), serve.ErrUnavailable)
}

// inWords lists names of shards.
func inWords(list []string) string { return strings.Join(list, ", ") }
