package index

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gopvs/product-visual-search/pvs/index/codes"
)

// exactRows is how many rows are read and compared at a time in an exact search: they stay in a core's cache.
const exactRows = 128

// spell is how many rows a goroutine compares at a time.
const spell = 1 << 15

// place is a row of a part.
type place struct {
	part, row int
}

// nearest returns the allowed photos that are nearest to a query, in no order: with codes the n that are the best
// candidates, else of all. Fewer come where fewer are allowed.
func (s *Snapshot) nearest(ctx context.Context, q *Query, f *filter, without map[int64]bool, n int, a *Answer) (
	out []scored, err error) {
	begun := time.Now()
	n += len(without)
	var places []place
	switch {
	case f.photos <= n || q.Exact && f.photos < s.photos/16: // all of them, row by row
		places = f.all(s.parts)
	case q.Exact:
		out, err = s.compareAll(ctx, q, f, n)
	default:
		places, err = s.scan(ctx, q, f, n)
	}
	a.Timing.Scan += time.Since(begun)
	if err != nil {
		return nil, err
	}
	begun = time.Now()
	if places != nil {
		out, err = s.compare(ctx, q, places)
	}
	a.Timing.Score += time.Since(begun)
	if len(without) > 0 {
		left := out[:0]
		for _, c := range out {
			if !without[c.key] {
				left = append(left, c)
			}
		}
		out = left
	}
	return out, err
}

// all lists the allowed rows.
func (f *filter) all(parts []*part) (list []place) {
	list = make([]place, 0, f.photos)
	for i, p := range parts {
		list = allowedRows(list, i, p.n, f.allowed[i])
	}
	return list
}

// allowedRows appends the allowed ones of a part's n rows.
func allowedRows(list []place, part, n int, allowed []uint64) []place {
	for row := range n {
		if allowed[row/64]>>(row%64)&1 == 1 {
			list = append(list, place{part, row})
		}
	}
	return list
}

// inParallel calls work on all cores until it says that there is no more to do, or an error.
func inParallel(ctx context.Context, jobs int, work func(next func() (job int, ok bool)) error) error {
	var taken atomic.Int64
	group, begun := errgroup.WithContext(ctx)
	for range min(jobs, runtime.GOMAXPROCS(0)) {
		group.Go(func() error {
			return work(func() (int, bool) {
				job := int(taken.Add(1) - 1)
				return job, job < jobs && begun.Err() == nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// stretch is rows of a part.
type stretch struct{ part, from, to int }

// stretches appends the n rows of a part, divided for a goroutine each.
func stretches(list []stretch, part, n, rows int) []stretch {
	for from := 0; from < n; from += rows {
		list = append(list, stretch{part, from, min(from+rows, n)})
	}
	return list
}

// stretches divides all parts.
func (s *Snapshot) stretches(rows int) (list []stretch) {
	for i, p := range s.parts {
		list = stretches(list, i, p.n, rows)
	}
	return list
}

// scan returns the n best candidates by their codes, and all allowed photos without codes.
func (s *Snapshot) scan(ctx context.Context, q *Query, f *filter, n int) (places []place, err error) {
	list, err := s.estimates(ctx, q.Vector, f, n)
	if err != nil {
		return nil, err
	}
	places = make([]place, 0, len(list))
	for _, c := range list {
		places = append(places, c.place)
	}
	for i, p := range s.parts {
		if p.segment == nil {
			places = allowedRows(places, i, p.n, f.allowed[i])
		}
	}
	return places, nil
}

// estimates returns the n best candidates by their codes, best first.
func (s *Snapshot) estimates(ctx context.Context, vector []float32, f *filter, n int) ([]candidate, error) {
	queries := make([]*codes.Query, len(s.parts))
	var jobs []stretch
	for i, p := range s.parts {
		if p.segment != nil {
			queries[i] = codes.NewEncoder(p.segment.rotation, p.segment.centre).NewQuery(vector, codes.Planes)
			jobs = stretches(jobs, i, p.n, spell)
		}
	}
	instructions := codes.Best()
	var least atomic.Uint32 // the largest of the goroutines' n-th scores: what is below it is no candidate
	least.Store(math.Float32bits(float32(math.Inf(-1))))
	found := make(chan []candidate, runtime.GOMAXPROCS(0))
	err := inParallel(ctx, len(jobs), func(next func() (int, bool)) error {
		c := newCollected(n)
		defer func() { found <- c.list }()
		for {
			j, ok := next()
			if !ok {
				return nil
			}
			job := jobs[j]
			of := s.parts[job.part].segment
			rows := codes.Scan{Codes: of.bits, Factors: of.factors, Allowed: f.allowed[job.part]}
			for at := job.from; at < job.to; {
				c.least = max(c.least, math.Float32frombits(least.Load()))
				c.found.Rows, c.found.Scores = c.found.Rows[:0], c.found.Scores[:0]
				at = queries[job.part].Scan(instructions, &rows, at, job.to, c.least, &c.found)
				if c.add(job.part) {
					raise(&least, c.least)
				}
			}
		}
	})
	close(found)
	if err != nil {
		return nil, err
	}
	var all []candidate
	for list := range found {
		all = append(all, list...)
	}
	all = best(all, n)
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return all, nil
}

// raise makes a value the largest of itself and x.
func raise(value *atomic.Uint32, x float32) {
	for {
		was := value.Load()
		if math.Float32frombits(was) >= x || value.CompareAndSwap(was, math.Float32bits(x)) {
			return
		}
	}
}

// compare computes the scores of rows.
func (s *Snapshot) compare(ctx context.Context, q *Query, places []place) ([]scored, error) {
	const share = 64 // rows a goroutine takes at a time
	out := make([]scored, len(places))
	instructions := codes.Best()
	err := inParallel(ctx, (len(places)+share-1)/share, func(next func() (int, bool)) error {
		row := make([]byte, stride(s.ix.dim))
		score := make([]float32, 1)
		for {
			j, ok := next()
			if !ok {
				return nil
			}
			for i := j * share; i < min((j+1)*share, len(places)); i++ {
				at := places[i]
				p := s.parts[at.part]
				values, err := p.values(at.row, s.ix.dim, row)
				if err != nil {
					return err
				}
				codes.Dots(instructions, values, len(values), q.Vector, score)
				out[i] = scored{p.keys[at.row], p.products[at.row], score[0]}
			}
		}
	})
	return out, err
}

// values returns the bytes of a row's vector; room is for one with its checksum.
func (p *part) values(row, dim int, room []byte) ([]byte, error) {
	if p.segment != nil {
		return p.segment.readRow(row, room)
	}
	return p.vectors[4*dim*row:][:4*dim], nil
}

// compareAll computes the scores of all allowed rows and returns the n best.
func (s *Snapshot) compareAll(ctx context.Context, q *Query, f *filter, n int) ([]scored, error) {
	jobs := s.stretches(exactRows)
	found := make(chan []scored, runtime.GOMAXPROCS(0))
	err := inParallel(ctx, len(jobs), func(next func() (int, bool)) error {
		var list []scored
		least := float32(math.Inf(-1))
		defer func() { found <- list }()
		scores := make([]float32, exactRows)
		room := make([]byte, exactRows*stride(s.ix.dim))
		for {
			j, ok := next()
			if !ok {
				return nil
			}
			job := jobs[j]
			p, scores := s.parts[job.part], scores[:job.to-job.from]
			if err := p.dots(job, s.ix.dim, q.Vector, room, scores); err != nil {
				return err
			}
			for i, score := range scores {
				row := job.from + i
				if score > least && f.allowed[job.part][row/64]>>(row%64)&1 == 1 {
					list = append(list, scored{p.keys[row], p.products[row], score})
				}
			}
			if len(list) > 2*n {
				list = best(list, n)
				least = list[0].score
				for _, c := range list {
					least = min(least, c.score)
				}
			}
		}
	})
	close(found)
	var all []scored
	for list := range found {
		all = append(all, list...)
	}
	return best(all, n), err
}

// read reads rows into room and returns them with how many bytes a row takes.
func (p *part) read(rows stretch, dim int, room []byte) (data []byte, each int, err error) {
	if p.segment == nil {
		return p.vectors[4*dim*rows.from : 4*dim*rows.to], 4 * dim, nil
	}
	each = stride(dim)
	data = room[:(rows.to-rows.from)*each]
	if _, err := p.segment.vectors.ReadAt(data, int64(rows.from)*int64(each)); err != nil {
		return nil, 0, damaged("reading %s: %w", p.segment.vectors.Name(), err)
	}
	for row := rows.from; row < rows.to; row++ {
		if _, err := p.segment.checkRow(row, data[(row-rows.from)*each:][:each]); err != nil {
			return nil, 0, err
		}
	}
	return data, each, nil
}

// dots computes the scores of rows.
func (p *part) dots(rows stretch, dim int, query []float32, room []byte, out []float32) error {
	data, each, err := p.read(rows, dim, room)
	if err != nil {
		return err
	}
	codes.Dots(codes.Best(), data, each, query, out)
	return nil
}
