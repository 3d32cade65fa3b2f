package search

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/gomlx/compute"
)

// ExactOptions of [NewExact]; zero values are defaults.
type ExactOptions struct {
	Backend   compute.Backend // computes inner products; nil: pure Go
	TileRows  int             // rows of the index in a tile; 0: 8192
	TileQuery int             // queries in a tile; 0: defaultTileQueries
}

// Exact compares queries with all rows. It may be used from several goroutines at once.
type Exact struct {
	ids  []string
	data []float32
	dim  int
	opts ExactOptions
	rank []int32        // of a row when rows are sorted by id
	row  map[string]int // of an id

	height int // rows of a tile

	plain  multiplier
	device multiplier // nil without a backend
}

// defaultTileQueries is the default of ExactOptions.TileQuery.
const defaultTileQueries = 1024

// fewQueries is the number of queries up to which pure Go is faster than a backend, to
// which the whole index is copied (on 2 cores they break even between 6 and 8 queries).
const fewQueries = 6

// NewExact makes an index of unit vectors, data [len(ids), dim], which is used in
// place. Repeated ids, values that are not finite, and vectors that are not of unit
// length are errors.
func NewExact(ids []string, data []float32, dim int, opts ExactOptions) (*Exact, error) {
	if opts.TileRows == 0 {
		opts.TileRows = 8192
	}
	if opts.TileQuery == 0 {
		opts.TileQuery = defaultTileQueries
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
	for rank, row := range order {
		e.rank[row] = int32(rank)
	}
	e.height = min(opts.TileRows, max(1, len(ids)))
	e.plain = plainGo{dim, e.height}
	if opts.Backend != nil {
		device, err := newDevice(opts.Backend, dim, e.height)
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

// Row returns the row of an id.
func (e *Exact) Row(id string) (row int, ok bool) {
	row, ok = e.row[id]
	return row, ok
}

// Warm compiles what a search of n queries needs, so that the first search is not
// slower than the next.
func (e *Exact) Warm(ctx context.Context, n int) error {
	if e.device == nil || n <= fewQueries || e.Len() == 0 {
		return nil
	}
	queries := []int{min(n, e.opts.TileQuery)}
	if rest := n % e.opts.TileQuery; rest != 0 && n > e.opts.TileQuery {
		queries = append(queries, rest)
	}
	for _, nq := range queries {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, err := e.device.begin(make([]float32, nq*e.dim), nq)
		if err != nil {
			return err
		}
		defer p.end()
		if err := p.rows(e.data, e.height); err != nil {
			return err
		}
		scores, err := p.tile(0)
		if err != nil {
			return err
		}
		if err := scores(func([]float32, int) {}); err != nil {
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
		return nil, fmt.Errorf("%d values are no queries of the index's dimension %d; embed both with the same network",
			len(queries), e.dim)
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
			if row, ok := e.row[opts.QueryIDs[i]]; ok && (opts.Itself == nil || opts.Itself(i, row)) {
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

// tiles computes the inner products of all pairs of tiles and goes through the index
// once: while a tile is computed, the scores of the one before are scanned for hits.
func (e *Exact) tiles(ctx context.Context, queries []float32, tops []top, skip []int,
	progress func(done, total int)) error {
	n, width := len(tops), e.opts.TileQuery
	if n == 0 || e.Len() == 0 {
		return nil
	}
	from := e.plain
	if e.device != nil && n > fewQueries {
		from = e.device
	}
	products, err := from.begin(queries, width)
	if err != nil {
		return err
	}
	defer products.end()
	type job struct {
		scores   scores
		q, r, nr int
	}
	jobs := make(chan job, 1)
	picked := make(chan error, 1)
	go func() {
		done, total := 0, ((n+width-1)/width)*((e.Len()+e.height-1)/e.height)
		var failed error
		for j := range jobs {
			err := j.scores(func(flat []float32, stride int) {
				to := min(j.q+width, n)
				scanTile(tops[j.q:to], skip[j.q:to], flat, stride, j.nr, j.r)
			})
			if failed == nil {
				failed = err
			}
			if done++; progress != nil {
				progress(done, total)
			}
		}
		picked <- failed
	}()
	err = func() error {
		defer close(jobs)
		for r := 0; r < e.Len(); r += e.height {
			nr := min(e.height, e.Len()-r)
			if err := products.rows(e.data[r*e.dim:(r+nr)*e.dim], nr); err != nil {
				return err
			}
			for q := 0; q < n; q += width {
				if err := ctx.Err(); err != nil {
					return err
				}
				scores, err := products.tile(q / width)
				if err != nil {
					return err
				}
				jobs <- job{scores, q, r, nr}
			}
		}
		return nil
	}()
	if failed := <-picked; failed != nil {
		return failed
	}
	return err
}

// scanTile scans the scores of a tile, its queries in parallel.
func scanTile(tops []top, skip []int, scores []float32, stride, nr, base int) {
	parallel(len(tops), func(from, to int) {
		for i := from; i < to; i++ {
			tops[i].scan(scores[i*stride:i*stride+nr], base, skip[i])
		}
	})
}

// parallel divides 0..n into one range for each core and calls work on all in parallel.
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
