package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/fit"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Seen is what an epoch's vectors of the sample show.
type Seen struct {
	MAR evaluate.Metric
	// Hits are the right photos among ten results, query by query of [Report].Queries.
	Hits []int
	// Near are each query's ten nearest, nearest first.
	Near [][]Neighbour
	// Points are in the plane of the report's layout, photo by photo of [Report].Mapped.
	Points [][2]float64
	// Right and Wrong count pairs of a query and an index photo by their distance, 1 - cosine.
	Right, Wrong Distances
}

// Neighbour is a result: a photo by its place in the sample.
type Neighbour struct {
	Photo  int
	Cosine float32
}

// DistanceBins is how many bins distances from 0 to 2 are counted in.
const DistanceBins = 200

// Distances are counts of pairs by their distance.
type Distances struct {
	Bins   [DistanceBins]int
	Pairs  int
	Median float64
}

// Report is what runs and epochs show of one sample.
type Report struct {
	Catalog *catalog.Catalog
	Runs    []*Run
	Sample  *epochs.Sample // nil: no run kept vectors
	Queries []int          // places in the sample, of photos that have a right one in it
	Right   map[int][]int  // their right photos, by the query's place
	Mapped  []int          // places of the photos that are laid out
	// Best has the highest score of the sample, and is of BestRun; the layout is its. Start is the first epoch that was
	// kept of the runs which that one builds on.
	Best, Start *Epoch
	BestRun     *Run
	// Notes are sentences on what is not shown and why.
	Notes []string
}

// ErrCatalog says that runs are of another catalogue than they are looked at with, for [errors.Is].
var ErrCatalog = errors.New("the runs are of another catalogue")

// mostPoints bounds the photos that are laid out.
const mostPoints = 400

// Options of [Look].
type Options struct {
	Progress func(done, total int) // by epochs; may be nil
}

// Look searches and lays out the vectors that runs kept. They must be of the catalogue's photos as they are now: others
// are an error in a sentence. Runs that kept another sample than most are shown by their logs and scores.
func Look(ctx context.Context, c *catalog.Catalog, runs []*Run, opts Options) (*Report, error) {
	r := &Report{Catalog: c, Runs: runs}
	for _, run := range runs {
		if run.Kept != nil {
			if err := run.Kept.Sample.Against(ctx, c); err != nil {
				return nil, tag.Error(fmt.Errorf("run %s cannot be shown: %w", run.Name, err), ErrCatalog)
			}
		} else if run.Kind == "fit" && run.Final != nil {
			if _, err := fit.Read(run.Dir, c); err != nil {
				return nil, tag.Error(err, ErrCatalog)
			}
		}
	}
	r.chooseSample()
	if r.Sample == nil {
		r.Notes = append(r.Notes, "No run kept vectors: there are losses and scores, but no neighbours and no map.")
		return r, nil
	}
	var err error
	if r.Right, err = r.Sample.Right(c); err != nil {
		return nil, err
	}
	for i, p := range r.Sample.Photos {
		if p.Query && len(r.Right[i]) > 0 {
			r.Queries = append(r.Queries, i)
		}
		if i < mostPoints {
			r.Mapped = append(r.Mapped, i)
		}
	}
	if len(r.Queries) == 0 {
		return nil, fmt.Errorf("no photo of those that the runs kept has a right one in the catalogue %s any more: its "+
			"labels were changed", c.Dir)
	}
	return r, r.look(ctx, opts)
}

// chooseSample takes the sample that most epochs have.
func (r *Report) chooseSample() {
	most := 0
	for _, run := range r.Runs {
		n := 0
		for _, other := range r.Runs {
			if run.Kept != nil && other.Kept != nil && run.Kept.Sample.Same(&other.Kept.Sample) {
				n += len(other.Epochs)
			}
		}
		if n > most {
			most, r.Sample = n, &run.Kept.Sample
		}
	}
	for _, run := range r.Runs {
		switch {
		case r.Sample == nil:
		case run.Kept == nil:
			r.Notes = append(r.Notes, fmt.Sprintf("Run %s kept no vectors: it is in the chart only.", run.Name))
		case !run.Kept.Sample.Same(r.Sample):
			r.Notes = append(r.Notes, fmt.Sprintf("Run %s kept the vectors of other photos than most: it is in the chart only.",
				run.Name))
			run.Kept = nil
			for i := range run.Epochs {
				run.Epochs[i].kept = nil
			}
		}
	}
}

// look fills in what each epoch shows.
func (r *Report) look(ctx context.Context, opts Options) error {
	var list []*Epoch
	of := map[*Epoch]*Run{}
	for _, run := range r.Runs {
		for i := range run.Epochs {
			if e := &run.Epochs[i]; e.kept != nil {
				list, of[e] = append(list, e), run
			}
		}
	}
	if opts.Progress == nil {
		opts.Progress = func(int, int) {}
	}
	for i, e := range list {
		if err := r.search(ctx, e); err != nil {
			return err
		}
		if r.Best == nil || e.Seen.MAR.Value >= r.Best.Seen.MAR.Value {
			r.Best = e
		}
		opts.Progress(i+1, 2*len(list))
	}
	r.BestRun = of[r.Best]
	for run := r.BestRun; run != nil; run = r.parent(run) {
		if first := slices.IndexFunc(run.Epochs, func(e Epoch) bool { return e.Seen != nil }); first >= 0 {
			r.Start = &run.Epochs[first]
		}
	}
	layout, err := NewLayout(r.mapped(r.Best.kept.Vectors))
	if err != nil {
		return err
	}
	for i, e := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Seen.Points, err = layout.Points(r.mapped(e.kept.Vectors)); err != nil {
			return err
		}
		opts.Progress(len(list)+i+1, 2*len(list))
	}
	return nil
}

// parent is the run that a run starts from, or nil.
func (r *Report) parent(run *Run) *Run {
	for _, p := range r.Runs {
		if p.Name == run.Parent {
			return p
		}
	}
	return nil
}

// mapped returns the vectors of the photos that are laid out.
func (r *Report) mapped(set *vectors.Set) (data []float32, dim int) {
	for _, at := range r.Mapped {
		data = append(data, set.Row(at)...)
	}
	return data, set.Dim
}

// search searches and scores an epoch's vectors.
func (r *Report) search(ctx context.Context, e *Epoch) error {
	all := e.kept.Vectors
	index, queries := &vectors.Set{Dim: all.Dim}, &vectors.Set{Dim: all.Dim}
	place := map[string]int{}
	for i, p := range r.Sample.Photos {
		place[p.ID] = i
		if p.Index {
			index.IDs, index.Data = append(index.IDs, p.ID), append(index.Data, all.Row(i)...)
		}
	}
	truth := map[string][]string{}
	for _, q := range r.Queries {
		id := r.Sample.Photos[q].ID
		queries.IDs, queries.Data = append(queries.IDs, id), append(queries.Data, all.Row(q)...)
		for _, right := range r.Right[q] {
			truth[id] = append(truth[id], r.Sample.Photos[right].ID)
		}
	}
	x, err := retrieval.NewIndexOn(nil, index)
	if err != nil {
		return err
	}
	x.IDs = retrieval.OneList
	results, err := retrieval.Search(ctx, x, queries, retrieval.K)
	if err != nil {
		return err
	}
	report, err := evaluate.Score(results.Ranked(), truth, evaluate.Options{K: retrieval.K})
	if err != nil {
		return err
	}
	s := &Seen{MAR: report.MAR()}
	for i, list := range results {
		right, hits := r.Right[r.Queries[i]], 0
		var near []Neighbour
		for _, result := range list {
			at := place[result.Index]
			near = append(near, Neighbour{at, result.Score})
			if slices.Contains(right, at) {
				hits++
			}
		}
		s.Near, s.Hits = append(s.Near, near), append(s.Hits, hits)
	}
	r.distances(all, s)
	e.Seen = s
	return ctx.Err()
}

// mostPairs bounds the pairs whose distances are counted: beyond, those of the first queries.
const mostPairs = 1_000_000

// distances counts the pairs of queries and index photos.
func (r *Report) distances(all *vectors.Set, s *Seen) {
	var index []int
	for i, p := range r.Sample.Photos {
		if p.Index {
			index = append(index, i)
		}
	}
	for _, q := range r.Queries[:min(len(r.Queries), max(1, mostPairs/len(index)))] {
		right := r.Right[q]
		for _, i := range index {
			if i == q {
				continue
			}
			var cosine float64
			a, b := all.Row(q), all.Row(i)
			for d, v := range a {
				cosine += float64(v) * float64(b[d])
			}
			to := &s.Wrong
			if slices.Contains(right, i) {
				to = &s.Right
			}
			to.add(1 - cosine)
		}
	}
	s.Right.median()
	s.Wrong.median()
}

func (d *Distances) add(distance float64) {
	d.Bins[max(0, min(DistanceBins-1, int(distance*DistanceBins/2)))]++
	d.Pairs++
}

// median finds the middle of the bin in which the median is.
func (d *Distances) median() {
	d.Median = math.NaN()
	if d.Pairs == 0 {
		return
	}
	below := 0
	for i, n := range d.Bins {
		if below += n; 2*below >= d.Pairs {
			d.Median = (float64(i) + 0.5) * 2 / DistanceBins
			return
		}
	}
}

// Changes are the queries of which one epoch finds more than another.
type Changes struct{ Gained, Lost, Same []int } // places in [Report].Queries

// Compare returns what changes from one epoch to another; both must have been seen.
func Compare(from, to *Seen) (c Changes) {
	for q, hits := range to.Hits {
		switch was := from.Hits[q]; {
		case hits > was:
			c.Gained = append(c.Gained, q)
		case hits < was:
			c.Lost = append(c.Lost, q)
		default:
			c.Same = append(c.Same, q)
		}
	}
	return c
}

// score is a metric with its interval.
func score(m evaluate.Metric) *chart.Score {
	return &chart.Score{Value: m.Value, Low: m.Low, High: m.High}
}
