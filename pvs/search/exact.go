package search

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gomlx/compute"
)

// ExactOptions of [NewExact]; zero values are defaults.
type ExactOptions struct {
	Backend   compute.Backend // computes products; nil: plain Go
	TileRows  int             // rows of the index at once; 0: 4096
	TileQuery int             // queries at once; 0: 1024
}

// Exact compares queries with all rows. It may be used from several goroutines at once.
type Exact struct {
	ids  []string
	data []float32
	dim  int
	opts ExactOptions
	rank []int32        // place of a row when rows are sorted by id
	row  map[string]int // of an id

	plain  multiplier
	device multiplier // nil without a backend
}

// DefaultTileQueries is how many queries a tile has if nothing else is said.
const DefaultTileQueries = 1024

// fewQueries is up to where plain Go is faster than handing the whole index to a
// backend, which copies it (the two cross between 6 and 8 queries on 2 cores).
const fewQueries = 6

// multiplier computes scores [queries, rows] of a tile.
type multiplier interface {
	multiply(queries []float32, nq int, rows []float32, nr int, scores []float32) error
}

// NewExact makes an index of unit vectors, data [len(ids), dim], which is used in
// place. Repeated ids, values that are not finite, and vectors that are not of unit
// length are errors.
func NewExact(ids []string, data []float32, dim int, opts ExactOptions) (*Exact, error) {
	if opts.TileRows == 0 {
		opts.TileRows = 4096
	}
	if opts.TileQuery == 0 {
		opts.TileQuery = DefaultTileQueries
	}
	if opts.TileRows < 1 || opts.TileQuery < 1 {
		return nil, fmt.Errorf("tiles of %d rows and %d queries are not possible", opts.TileRows, opts.TileQuery)
	}
	if len(data) != len(ids)*dim {
		return nil, fmt.Errorf("%d ids and %d values do not make vectors of dimension %d", len(ids), len(data), dim)
	}
	e := &Exact{ids: ids, data: data, dim: dim, opts: opts, row: make(map[string]int, len(ids))}
	if err := checkUnit("vector", data, dim, e.ID); err != nil {
		return nil, err
	}
	for i, id := range ids {
		if j, twice := e.row[id]; twice {
			return nil, fmt.Errorf("the id %s stands for the vectors %d and %d of the index", id, j, i)
		}
		e.row[id] = i
	}
	order := make([]int32, len(ids))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case ids[a] < ids[b]:
			return -1
		case ids[a] > ids[b]:
			return 1
		}
		return 0
	})
	e.rank = make([]int32, len(ids))
	for place, row := range order {
		e.rank[row] = int32(place)
	}
	e.plain = plainGo{dim}
	if opts.Backend != nil {
		device, err := newDevice(opts.Backend, dim, min(opts.TileRows, max(1, len(ids))))
		if err != nil {
			return nil, err
		}
		e.device = device
	}
	return e, nil
}

// Len returns the number of rows.
func (e *Exact) Len() int { return len(e.ids) }

// Dim returns the dimension.
func (e *Exact) Dim() int { return e.dim }

// ID returns a row's id.
func (e *Exact) ID(row int) string { return e.ids[row] }

// Warm compiles what a search of n queries needs, so that the first search is not
// slower than the next.
func (e *Exact) Warm(ctx context.Context, n int) error {
	if e.device == nil || n <= fewQueries || e.Len() == 0 {
		return nil
	}
	sizes := []int{min(n, e.opts.TileQuery)}
	if rest := n % e.opts.TileQuery; rest != 0 && n > e.opts.TileQuery {
		sizes = append(sizes, rest)
	}
	rows := min(e.opts.TileRows, e.Len())
	for _, nq := range sizes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.device.multiply(make([]float32, nq*e.dim), nq, e.data[:rows*e.dim], rows, make([]float32, nq*rows)); err != nil {
			return err
		}
	}
	return nil
}

// Search implements [Index].
func (e *Exact) Search(ctx context.Context, queries []float32, k int, opts Options) ([][]Hit, error) {
	if k < 1 {
		return nil, fmt.Errorf("k = %d results make no search", k)
	}
	if len(queries)%e.dim != 0 {
		return nil, fmt.Errorf("%d values are no queries of the index's dimension %d; embed both with the same network", len(queries), e.dim)
	}
	n := len(queries) / e.dim
	if opts.QueryIDs != nil && len(opts.QueryIDs) != n {
		return nil, fmt.Errorf("%d ids do not name %d queries", len(opts.QueryIDs), n)
	}
	name := func(i int) string {
		if opts.QueryIDs != nil {
			return opts.QueryIDs[i]
		}
		return fmt.Sprint("number ", i+1)
	}
	if err := checkUnit("query", queries, e.dim, name); err != nil {
		return nil, err
	}
	tops := make([]top, n)
	skip := make([]int, n)
	for i := range tops {
		tops[i] = top{k: min(k, e.Len()), rank: e.rank}
		skip[i] = -1
		if opts.QueryIDs != nil {
			if row, ok := e.row[opts.QueryIDs[i]]; ok {
				skip[i] = row
			}
		}
	}
	if err := e.tiles(ctx, queries, tops, skip, opts.Progress); err != nil {
		return nil, err
	}
	out := make([][]Hit, n)
	for i := range tops {
		out[i] = tops[i].sorted()
	}
	return out, nil
}

// tiles goes through all pairs of tiles: products of one tile are computed while the
// best of the tile before are picked out.
func (e *Exact) tiles(ctx context.Context, queries []float32, tops []top, skip []int, progress func(done, total int)) error {
	type job struct {
		q, nq, r, nr int
		scores       []float32
	}
	n := len(tops)
	tq, tr := e.opts.TileQuery, min(e.opts.TileRows, max(1, e.Len()))
	total := ((n + tq - 1) / tq) * ((e.Len() + tr - 1) / tr)
	buffers := make(chan []float32, 2)
	for range 2 {
		buffers <- make([]float32, min(tq, n)*tr)
	}
	products := e.plain
	if e.device != nil && n > fewQueries {
		products = e.device
	}
	jobs := make(chan job, 2)
	var picker sync.WaitGroup
	var done atomic.Int64
	picker.Add(1)
	go func() {
		defer picker.Done()
		for j := range jobs {
			pick(tops[j.q:j.q+j.nq], skip[j.q:j.q+j.nq], j.scores, j.nr, j.r)
			buffers <- j.scores
			if d := done.Add(1); progress != nil {
				progress(int(d), total)
			}
		}
	}()
	defer picker.Wait()
	defer close(jobs)
	for q := 0; q < n; q += tq {
		nq := min(tq, n-q)
		for r := 0; r < e.Len(); r += tr {
			if err := ctx.Err(); err != nil {
				return err
			}
			nr := min(tr, e.Len()-r)
			scores := <-buffers
			if err := products.multiply(queries[q*e.dim:(q+nq)*e.dim], nq, e.data[r*e.dim:(r+nr)*e.dim], nr, scores); err != nil {
				return err
			}
			jobs <- job{q, nq, r, nr, scores}
		}
	}
	return nil
}

// pick scans the scores of a tile, its queries spread over the cores.
func pick(tops []top, skip []int, scores []float32, nr, base int) {
	parallel(len(tops), func(from, to int) {
		for i := from; i < to; i++ {
			tops[i].scan(scores[i*nr:(i+1)*nr], base, skip[i])
		}
	})
}

// parallel cuts 0..n into one part a core.
func parallel(n int, work func(from, to int)) {
	cores := min(n, runtime.GOMAXPROCS(0))
	if cores <= 1 {
		work(0, n)
		return
	}
	var wait sync.WaitGroup
	for c := range cores {
		wait.Add(1)
		go func() {
			defer wait.Done()
			work(n*c/cores, n*(c+1)/cores)
		}()
	}
	wait.Wait()
}
