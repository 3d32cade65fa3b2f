package shards

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gopvs/product-visual-search/pvs/serve"
)

// snapshot is what a request asks the shards by. It remembers which did not answer, and what it has looked up.
type snapshot struct {
	x     *Index
	parts []*part

	mu     sync.Mutex
	photos map[string]*held
}

// part is a shard within a snapshot.
type part struct {
	*shard
	number int   // from 0
	info   *info // nil: it never answered
	state  atomic.Uint64
	silent atomic.Bool
}

// held is a photo that was looked up.
type held struct {
	serve.Photo
	vector []float32
	in     *part
}

// snapshot is an error where no shard answers.
func (x *Index) snapshot() (serve.Snapshot, error) {
	s := &snapshot{x: x, photos: map[string]*held{}}
	for n, shard := range x.shards {
		i, why := shard.now()
		p := &part{shard: shard, number: n, info: i}
		p.silent.Store(why != nil || i == nil)
		if i != nil {
			p.state.Store(i.State)
		}
		s.parts = append(s.parts, p)
	}
	if len(s.asked()) == 0 {
		return nil, s.none()
	}
	return s, nil
}

// none is the error of an answer that no shard gave.
func (s *snapshot) none() error {
	_, why := s.x.Shards()
	if len(why) == 0 {
		why = s.Missing()
	}
	return unavailable("none of the shards answers: %s", strings.Join(why, "; "))
}

// asked are the parts that answer.
func (s *snapshot) asked() (list []*part) {
	for _, p := range s.parts {
		if !p.silent.Load() {
			list = append(list, p)
		}
	}
	return list
}

// Missing names the shards that did not answer.
func (s *snapshot) Missing() (names []string) {
	for _, p := range s.parts {
		if p.silent.Load() {
			names = append(names, p.name)
		}
	}
	return names
}

func (s *snapshot) Close() {}

// of notes what an answer is of.
func (p *part) of(of serve.ShardOf) error {
	if of.Index != p.info.Index {
		return errChanged
	}
	for {
		was := p.state.Load()
		if of.State <= was || p.state.CompareAndSwap(was, of.State) {
			break
		}
	}
	return p.saw(of)
}

// quiet notes a part's silence. It says whether the error is one: else it is about what was asked, or the client's.
func (s *snapshot) quiet(ctx context.Context, p *part, err error) bool {
	if ctx.Err() != nil || !isSilence(err) {
		return false
	}
	p.silent.Store(true)
	s.x.leaveOut(p.shard, err)
	return true
}

// answer is what a part said.
type answer[T any] struct {
	*part
	value T
	err   error // about what was asked
}

// ask asks some parts at once, each for at most so long as the options say. Those that do not answer are left out.
func ask[T any](ctx context.Context, s *snapshot, of []*part, f func(context.Context, *part) (T, error)) ([]answer[T],
	error) {
	all := make([]answer[T], len(of))
	var asking sync.WaitGroup
	for i, p := range of {
		asking.Go(func() {
			limited, cancel := context.WithTimeout(ctx, s.x.opts.Timeout)
			defer cancel()
			all[i] = answer[T]{part: p}
			all[i].value, all[i].err = f(limited, p)
		})
	}
	asking.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var there []answer[T]
	for _, a := range all {
		if a.err == nil || !s.quiet(ctx, a.part, a.err) {
			there = append(there, a)
		}
	}
	return there, nil
}

// Info adds up what the shards hold. Its state is the sum of theirs.
func (s *snapshot) Info() serve.Info {
	var of []*info
	out := serve.Info{Name: s.x.opts.Name, Bounds: true}
	sketch := serve.Sketch{}
	for _, p := range s.parts {
		i := p.info
		if i == nil {
			continue
		}
		of = append(of, i)
		out.State += p.state.Load()
		out.Photos += i.Photos
		out.Dim, out.Network = i.Dim, i.Network
		sketch = sketch.Merge(i.sketch)
		// The cut-off of the shard with the highest one: what is nearest of other products is nearer in all shards than in
		// one. Another product reaches it in one of them at most as often as in each by itself, together.
		out.Cutoff = max(out.Cutoff, i.Cutoff)
		out.Missed = max(out.Missed, i.Missed)
		out.Mistaken = min(1, out.Mistaken+i.Mistaken)
		if out.RecallAt10 = min(out.RecallAt10, i.RecallAt10); len(of) == 1 {
			out.RecallAt10 = i.RecallAt10
		}
	}
	products, exact := sketch.Count()
	if products == 0 {
		products = out.Photos // each stands for itself
	}
	out.Products, out.Estimated = products, !exact
	if out.Name == "" {
		out.Name = nameOf(of)
	}
	return out
}

// nameOf is what the shards' names have in common, or the first of them.
func nameOf(list []*info) string {
	if len(list) == 0 {
		return ""
	}
	common := list[0].Name
	for _, i := range list {
		for !strings.HasPrefix(i.Name, common) {
			common = common[:len(common)-1]
		}
	}
	if common != list[0].Name {
		common = strings.TrimRight(strings.ToValidUTF8(common, ""), "-_.0123456789 /")
	}
	if common == "" {
		return list[0].Name
	}
	return common
}

// Categories adds up the shards' categories.
func (s *snapshot) Categories(context.Context) ([]serve.Category, error) {
	photos := map[string]int{}
	for _, p := range s.parts {
		if p.info == nil {
			continue
		}
		for _, c := range p.info.Categories {
			photos[c.Path] += c.Photos
		}
	}
	return serve.SortedCategories(photos), nil
}
