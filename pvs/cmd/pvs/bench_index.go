package main

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gopvs/product-visual-search/data/clusters"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// benchQueries is how many queries are searched for, each approximately and exactly.
const benchQueries = 200

// index measures an index of made vectors: one query at a time, and beside a writer.
func (c *benchCommand) index(a *app, note func(key, unit string, value float64)) (err error) {
	dir, remove, err := c.folder()
	if err != nil {
		return err
	}
	defer remove()
	rows, queries, err := c.rows()
	if err != nil {
		return err
	}
	if err := c.makeIndex(a, dir, rows, note); err != nil {
		return err
	}
	begun := time.Now()
	ix, err := index.Open(dir)
	if err != nil {
		return err
	}
	defer ix.Close()
	note("open_ms", "ms", since(begun))
	if err := c.isThat(ix); err != nil {
		return err
	}
	var list []clusters.Row
	for r := range queries {
		if list = append(list, r); len(list) == benchQueries {
			break
		}
	}
	if err := searchEach(a, ix, list, note); err != nil {
		return err
	}
	if err := searchBeside(a, ix, list, note); err != nil {
		return err
	}
	if peak, ok := peakMemory(); ok {
		note("peak_gib", "GiB", peak)
	}
	return nil
}

// folder is where the index is made, and what removes it if nobody named it.
func (c *benchCommand) folder() (dir string, remove func(), err error) {
	if c.Out != "" {
		return c.Out, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "pvs-bench-*")
	return dir, func() { os.RemoveAll(dir) }, err
}

// isThat refuses an index of another size, which was there before.
func (c *benchCommand) isThat(ix *index.Index) error {
	s := ix.Snapshot()
	defer s.Release()
	if s.Photos() != c.Rows || ix.Dim() != c.Dim {
		return fmt.Errorf("the index %s has %d photos of dimension %d, not %d of %d: name another folder, or measure that "+
			"one", ix.Dir(), s.Photos(), ix.Dim(), c.Rows, c.Dim)
	}
	return nil
}

// rows are the vectors of the index and of the queries: made ones, or those that are named.
func (c *benchCommand) rows() (rows, queries iter.Seq[clusters.Row], err error) {
	if c.Vectors == "" {
		return clusters.Each(clusters.Options{Index: c.Rows, Queries: benchQueries, Dim: c.Dim})
	}
	sets := make([]*vectors.Set, 2)
	for i, name := range []string{c.Vectors, c.Queries} {
		if sets[i], err = vectors.ReadUnit(name); err != nil {
			return nil, nil, err
		}
	}
	c.Rows, c.Dim = sets[0].Len(), sets[0].Dim
	each := func(s *vectors.Set) iter.Seq[clusters.Row] {
		return func(yield func(clusters.Row) bool) {
			for i, id := range s.IDs {
				if !yield(clusters.Row{ID: id, Vector: s.Row(i)}) {
					return
				}
			}
		}
	}
	return each(sets[0]), each(sets[1]), nil
}

// since is the time since a moment in ms.
func since(begun time.Time) float64 { return time.Since(begun).Seconds() * 1e3 }

// makeIndex makes the index, unless it is there.
func (c *benchCommand) makeIndex(a *app, dir string, rows func(yield func(clusters.Row) bool),
	note func(key, unit string, value float64)) error {
	if errors.Is(index.Vacant(dir), index.ErrThere) {
		return nil
	}
	update, finish := a.progress("making the index")
	defer finish()
	begun := time.Now()
	_, err := index.Create(a.ctx, dir, index.Options{Dim: c.Dim, Progress: func(done int) { update(done, c.Rows) }},
		func(yield func(index.Entry, error) bool) {
			for r := range rows {
				p := index.Photo{ID: r.ID, Product: r.Product, Category: catalog.Category(r.Category)}
				if !yield(index.Entry{Photo: p, Vector: r.Vector}, nil) {
					return
				}
			}
		})
	note("create_seconds", "s", time.Since(begun).Seconds())
	return err
}

// compared is how many vectors an exact search of some queries may compare in all: in a large index it is of fewer.
const compared = 250_000_000

// searchEach searches for one query at a time, with all queries once beforehand; some of them are searched for exactly,
// too.
func searchEach(a *app, ix *index.Index, queries []clusters.Row, note func(key, unit string, value float64)) error {
	found, all := 0, 0
	var exact []float64
	s := ix.Snapshot()
	few := max(20, compared/s.Photos())
	s.Release()
	for i, r := range queries {
		q := index.Query{Vector: r.Vector, K: 10}
		got, err := ix.Search(a.ctx, q)
		if err != nil {
			return err
		}
		if i >= few {
			continue
		}
		q.Exact = true
		begun := time.Now()
		want, err := ix.Search(a.ctx, q)
		if err != nil {
			return err
		}
		exact = append(exact, since(begun))
		for _, h := range want.Hits {
			all++
			if slices.ContainsFunc(got.Hits, func(x index.Hit) bool { return x.ID == h.ID }) {
				found++
			}
		}
	}
	var times []float64
	for range 5 {
		for _, r := range queries {
			begun := time.Now()
			if _, err := ix.Search(a.ctx, index.Query{Vector: r.Vector, K: 10}); err != nil {
				return err
			}
			times = append(times, since(begun))
		}
	}
	note("recall_at_10", "", float64(found)/float64(all))
	note("p50_ms", "ms", quantile(times, 0.5))
	note("p99_ms", "ms", quantile(times, 0.99))
	note("exact_p50_ms", "ms", quantile(exact, 0.5))
	return nil
}

// quantile is the smallest value that a share of all do not exceed.
func quantile(values []float64, share float64) float64 {
	slices.Sort(values)
	return values[min(int(share*float64(len(values))), len(values)-1)]
}

// searchBeside searches while photos are added and removed again, a hundred in a transaction.
func searchBeside(a *app, ix *index.Index, queries []clusters.Row, note func(key, unit string, value float64)) error {
	const transactions, size = 50, 100
	w, err := index.OpenWriter(ix.Dir())
	if err != nil {
		return err
	}
	var ended atomic.Bool
	added := make(chan error, 1)
	var seconds float64
	go func() {
		defer ended.Store(true)
		begun := time.Now()
		for t := range transactions {
			var change index.Change
			for i := range size {
				r := queries[(t*size+i)%len(queries)]
				change.Put = append(change.Put, index.Entry{Photo: index.Photo{ID: fmt.Sprintf("added %d", t*size+i),
					Product: r.Product}, Vector: r.Vector})
			}
			if _, err := w.Apply(a.ctx, change); err != nil {
				added <- err
				return
			}
		}
		seconds = time.Since(begun).Seconds()
		added <- nil
	}()
	var times []float64
	for i := 0; !ended.Load(); i++ {
		begun := time.Now()
		_, err := ix.Refresh(a.ctx)
		if err == nil {
			_, err = ix.Search(a.ctx, index.Query{Vector: queries[i%len(queries)].Vector, K: 10})
		}
		if err != nil {
			return errors.Join(err, <-added, w.Close())
		}
		times = append(times, since(begun))
	}
	if err := <-added; err != nil {
		return errors.Join(err, w.Close())
	}
	note("adds_per_second_searching", "/s", transactions*size/seconds)
	note("p99_ms_adding", "ms", quantile(times, 0.99))
	var ids []string
	for i := range transactions * size {
		ids = append(ids, fmt.Sprintf("added %d", i))
	}
	_, err = w.Apply(a.ctx, index.Change{Remove: ids})
	return errors.Join(err, w.Close())
}

// peakMemory is the most memory that the process had, in GiB, where the system says so.
func peakMemory() (gib float64, ok bool) {
	text, err := os.ReadFile(filepath.FromSlash("/proc/self/status"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kib / (1 << 20), err == nil
		}
	}
	return 0, false
}
