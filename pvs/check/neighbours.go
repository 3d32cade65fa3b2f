package check

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Neighbour is a row near another one.
type Neighbour struct {
	Row   int
	Score float32 // inner product of unit vectors
}

// SearchOptions say how neighbours are searched; zero values are defaults.
type SearchOptions struct {
	Backend  compute.Backend       // computes products; nil: plain Go
	Block    int                   // rows of the index in memory at once; 0: what 512 MiB hold
	Progress func(done, total int) // rows whose neighbours are known; may be nil
}

// maxRows is up to where a float32, in which row numbers are stored, represents all integers.
const maxRows = 1 << 24

// source reads vectors row by row, so that a few are in memory at a time. A row may have
// several views: all are queries, the first is in the index.
type source struct {
	ids   []string
	dim   int
	views int
	// read writes a view of a row as a unit vector.
	read func(row, view int, dst []float32) error
}

// Neighbours finds the k nearest other rows of every row by comparing all with all, and
// writes them as the set NAME, [N, 2k]: rows, then scores, -1 where there are fewer. Only
// a part of the index and of the rows is in memory at a time. The key identifies the
// vectors: an existing set with the same key is used again, an unfinished one is continued.
func Neighbours(ctx context.Context, rows *vectors.Rows, k int, name, key string, opts SearchOptions) (*Near, error) {
	return neighbours(ctx, source{ids: rows.IDs, dim: rows.Dim, views: 1, read: func(row, _ int, dst []float32) error {
		if err := rows.Read(row, dst); err != nil {
			return err
		}
		one := vectors.Set{IDs: rows.IDs[row : row+1], Dim: rows.Dim, Data: dst}
		return one.Normalize()
	}}, k, name, key, opts)
}

func neighbours(ctx context.Context, src source, k int, name, key string, opts SearchOptions) (*Near, error) {
	key = fmt.Sprintf("%d nearest of %s", k, key)
	if len(src.ids) > maxRows {
		return nil, fmt.Errorf("%d rows are more than the %d whose neighbours can be kept", len(src.ids), maxRows)
	}
	if !vectors.Kept(name, key, src.ids) {
		if err := findNeighbours(ctx, src, k, name, key, opts); err != nil {
			return nil, err
		}
	}
	kept, err := vectors.OpenRows(name)
	if err != nil {
		return nil, err
	}
	return &Near{rows: kept, k: k}, nil
}

// queryRows is how many rows' neighbours are searched at once.
const queryRows = 4096

func findNeighbours(ctx context.Context, src source, k int, name, key string, opts SearchOptions) error {
	w, err := vectors.OpenWriter(name, 2*k, key)
	if err != nil {
		return err
	}
	n := len(src.ids)
	index := &blocks{src: src, size: opts.Block, backend: opts.Backend}
	if index.size == 0 {
		index.size = max(1, 512<<20/4/src.dim)
	}
	for at := len(w.Done()); at < n && err == nil; {
		if opts.Progress != nil {
			opts.Progress(at, n)
		}
		next := min(n, at+queryRows)
		var found [][]Neighbour
		if found, err = index.nearest(ctx, at, next, k); err == nil {
			err = appendNeighbours(w, src.ids[at:next], found, k)
		}
		at = next
	}
	if err != nil {
		if kept := w.Suspend(); kept != nil {
			return kept
		}
		return err
	}
	if opts.Progress != nil {
		opts.Progress(n, n)
	}
	return w.Close()
}

func appendNeighbours(w *vectors.Writer, ids []string, found [][]Neighbour, k int) error {
	row := make([]float32, 2*k)
	for i, list := range found {
		for j := range k {
			row[j], row[k+j] = -1, -1
			if j < len(list) {
				row[j], row[k+j] = float32(list[j].Row), list[j].Score
			}
		}
		if err := w.Append(ids[i], row); err != nil {
			return err
		}
	}
	return w.Flush()
}

// blocks is the index in parts, of which the last used one is in memory.
type blocks struct {
	src     source
	size    int
	backend compute.Backend
	exact   *search.Exact
	first   int // row of exact's first
}

// load makes the block that starts at a row.
func (b *blocks) load(first int) error {
	if b.exact != nil && b.first == first {
		return nil
	}
	b.exact = nil // frees its memory before the next block is allocated
	n := min(b.size, len(b.src.ids)-first)
	data, ids := make([]float32, n*b.src.dim), make([]string, n)
	for i := range n {
		ids[i] = strconv.Itoa(first + i)
		if err := b.src.read(first+i, 0, data[i*b.src.dim:(i+1)*b.src.dim]); err != nil {
			return err
		}
	}
	var err error
	b.exact, err = search.NewExact(ids, data, b.src.dim, search.ExactOptions{Backend: b.backend})
	b.first = first
	return err
}

// nearest returns the k nearest of the rows from..to, nearest first; of equal ones the
// lower row is first.
func (b *blocks) nearest(ctx context.Context, from, to, k int) ([][]Neighbour, error) {
	views, dim := b.src.views, b.src.dim
	queries := make([]float32, (to-from)*views*dim)
	ids := make([]string, (to-from)*views)
	for i := range ids {
		row := from + i/views
		ids[i] = strconv.Itoa(row) // which is never its own neighbour
		if err := b.src.read(row, i%views, queries[i*dim:(i+1)*dim]); err != nil {
			return nil, err
		}
	}
	found := make([][]Neighbour, to-from)
	for first := 0; first < len(b.src.ids); first += b.size {
		if err := b.load(first); err != nil {
			return nil, err
		}
		hits, err := b.exact.Search(ctx, queries, k, search.Options{QueryIDs: ids})
		if err != nil {
			return nil, err
		}
		for i := range found {
			for _, list := range hits[i*views : (i+1)*views] {
				for _, h := range list {
					found[i] = append(found[i], Neighbour{first + h.Row, h.Score})
				}
			}
			found[i] = best(found[i], k)
		}
	}
	return found, nil
}

// best keeps the k highest scores, each row once.
func best(list []Neighbour, k int) []Neighbour {
	slices.SortFunc(list, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Row, b.Row))
	})
	seen := make(map[int]bool, len(list))
	out := list[:0]
	for _, n := range list {
		if !seen[n.Row] && len(out) < k {
			seen[n.Row] = true
			out = append(out, n)
		}
	}
	return out
}

// Near is the neighbours of every row, read from their file one by one.
type Near struct {
	rows *vectors.Rows
	k    int
}

// Len returns the number of rows.
func (n *Near) Len() int { return len(n.rows.IDs) }

// ID returns a row's id.
func (n *Near) ID(row int) string { return n.rows.IDs[row] }

// Of returns a row's neighbours, nearest first.
func (n *Near) Of(row int) ([]Neighbour, error) {
	values := make([]float32, 2*n.k)
	if err := n.rows.Read(row, values); err != nil {
		return nil, err
	}
	var list []Neighbour
	for j := range n.k {
		if values[j] < 0 {
			break
		}
		if r := values[j]; r >= float32(n.Len()) || r != float32(math.Trunc(float64(r))) {
			return nil, fmt.Errorf("the neighbours of %s are damaged; remove them and start again", n.ID(row))
		}
		list = append(list, Neighbour{int(values[j]), values[n.k+j]})
	}
	return list, nil
}

// Close closes the file.
func (n *Near) Close() error { return n.rows.Close() }
