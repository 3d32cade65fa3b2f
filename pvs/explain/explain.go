package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// ErrNothing marks errors about a search in which there is nothing to explain, for [errors.Is].
var ErrNothing = errors.New("there is nothing to explain")

// Options of [Explain].
type Options struct {
	// Embedder embeds photos again: the one that made the vectors.
	Embedder embed.Embedder
	// Dir is the folder of what a second start goes on from.
	Dir string
	// Backend starts a backend for a search that is large enough for one; nil: searches run in pure Go.
	Backend func() (compute.Backend, error)
	// Progress starts to report the progress of a step, named what; may be nil.
	Progress func(what string) (update func(done, total int), finish func())
	// Maps is for how many cases heat maps are made.
	Maps int
}

// Autopsy is what is found of the queries that do not find all they could.
type Autopsy struct {
	Queries  int             // with a truth
	MAR      evaluate.Metric // macro-average recall at 10
	Missed   []Case          // by recall, the worst first
	Causes   []Summary       // those found, the commonest main cause first
	Skewness float64         // of how often index photos are among the first ten
	Embedded int             // photos that were treated and embedded again now
	Maps     []Map           // of the first cases of each cause
}

// Summary is a cause over all queries.
type Summary struct {
	Cause   Cause
	Queries int // that have it
	Main    int // whose main cause it is
	Cures   []Cure
}

// Best is the cure that brings most; one that is known to reach its gain comes before what could be at most.
func (s Summary) Best() Cure { return s.Cures[0] }

// Cure is one way to mend a cause, and what MAR@10 gained by it, with its 95% interval.
type Cure struct {
	Way       string
	Gain      float64
	Low, High float64
	AtMost    bool // no cure is known to reach it
	// Queries are those whose recall changes, by how much.
	Queries map[string]float64
}

// Explain examines a search.
func Explain(ctx context.Context, s Search, opts Options) (*Autopsy, error) {
	if s.Queries.Len() == 0 {
		return nil, fmt.Errorf("%w: there is no query", ErrNothing)
	}
	if opts.Progress == nil {
		opts.Progress = func(string) (func(done, total int), func()) { return func(int, int) {}, func() {} }
	}
	origin := opts.Embedder.Origin()
	for _, set := range []struct {
		name string
		of   *vectors.Set
	}{{"the index", s.Index}, {"the queries", s.Queries}} {
		if err := vectors.Compare(set.name, set.of.Origin, "photos that are embedded again", &origin); err != nil {
			return nil, err
		}
		if set.of.Dim != opts.Embedder.Dim() {
			return nil, fmt.Errorf("%s have vectors of dimension %d, and photos that are embedded again %d: "+
				"name the network that made them", set.name, set.of.Dim, opts.Embedder.Dim())
		}
	}
	x, err := newSearched(ctx, s, opts.Backend)
	if err != nil {
		return nil, err
	}
	e := &examination{searched: x, opts: opts, before: map[int]float64{}, looks: map[string]look{},
		cures: map[Cause][]cured{}, of: map[int]*Case{}}
	return e.examine(ctx)
}

// examination is the work of [Explain].
type examination struct {
	*searched
	opts   Options
	before map[int]float64 // recall by query with a truth
	cases  []*Case
	of     map[int]*Case // by query
	looks  map[string]look
	typical
	workshop *workshop
	skew     float64
	asked    []asked        // photos of the index, to know chance by
	pictures map[string]int // groups of photos that are one picture, by id, of those that were compared
	cures    map[Cause][]cured
}

// cured is what queries recall when one cause is mended in one way; queries that it leaves alone are left out.
type cured struct {
	way    string
	atMost bool
	after  map[int]float64
}

func (e *examination) examine(ctx context.Context) (*Autopsy, error) {
	for q, id := range e.Queries.IDs {
		if len(e.truth[id]) == 0 {
			continue
		}
		e.before[q] = e.recall(q, e.first[q])
		if c := e.caseOf(q); c.Hits < min(c.Relevant, retrieval.K) {
			e.cases, e.of[q] = append(e.cases, c), c
		}
	}
	if len(e.before) == 0 {
		return nil, fmt.Errorf("%w: no query has a truth; do query and index photos of the catalogue %s share products, "+
			"or is there a truth.csv?", ErrNothing, e.Catalog.Dir)
	}
	for _, step := range []func(context.Context) error{e.lookAtPhotos, e.findCopies, e.findTurned, e.findFaults,
		e.findLittle, e.findCut, e.findDoubts, e.findHubs, e.findApproximate, e.findGrounds,
		e.findTwins, e.findPoses, e.findUnlike, e.findNear, e.findOthers} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return e.conclude(ctx)
}

// caseOf describes what a query found.
func (e *examination) caseOf(q int) *Case {
	c := &Case{Query: e.Queries.IDs[q], Relevant: len(e.truth[e.Queries.IDs[q]]), Recall: e.before[q], query: q}
	place := map[int]int{}
	for i, h := range e.hits[q] {
		place[h.Row] = i + 1
	}
	right := keys(e.right[q])
	nearness := map[int]float32{}
	for _, row := range right {
		nearness[row] = dot(e.Queries.Row(q), e.Index.Row(row))
	}
	slices.SortStableFunc(right, func(a, b int) int {
		switch {
		case nearness[a] > nearness[b]:
			return -1
		case nearness[a] < nearness[b]:
			return 1
		}
		return 0
	})
	for _, row := range right {
		c.Right, c.Ranks = append(c.Right, e.Index.IDs[row]), append(c.Ranks, place[row])
	}
	for range c.Relevant - len(right) { // not in the index
		c.Ranks = append(c.Ranks, 0)
	}
	for _, row := range e.first[q] {
		hit := e.right[q][row]
		if hit {
			c.Hits++
		}
		c.Results = append(c.Results, Result{Photo: e.Index.IDs[row], Right: hit,
			Score: dot(e.Queries.Row(q), e.Index.Row(row))})
	}
	return c
}

// found notes a cause of a query, with what a cure brings it.
func (e *examination) found(q int, f Found, after float64) {
	f.Gain = after - e.before[q]
	e.of[q].Causes = append(e.of[q].Causes, f)
}

// cure notes what queries recall when a cause is mended.
func (e *examination) cure(c Cause, way string, atMost bool, after map[int]float64) {
	e.cures[c] = append(e.cures[c], cured{way, atMost, after})
}

// wrong are the rows among the first ten that are not right.
func (e *examination) wrong(q int) []int {
	var out []int
	for _, row := range e.first[q] {
		if !e.right[q][row] {
			out = append(out, row)
		}
	}
	return out
}

// without is the recall when rows are left out of the index.
func (e *examination) without(q int, leave func(row int) bool) float64 {
	return e.recall(q, e.firstWithout(q, leave))
}

// firstWithout are the first ten when rows are left out of the index. What an approximate search missed stays missed:
// behind what it found come those that are farther.
func (e *examination) firstWithout(q int, leave func(row int) bool) []int {
	var first []int
	farthest := float32(2) // a cosine is less
	for _, row := range e.first[q] {
		farthest = min(farthest, dot(e.Queries.Row(q), e.Index.Row(row)))
		if !leave(row) {
			first = append(first, row)
		}
	}
	for _, h := range e.hits[q] {
		if len(first) == retrieval.K {
			break
		}
		const rounding = 1e-5 // of a cosine, summed in another order
		if h.Score <= farthest+rounding && !leave(h.Row) && !slices.Contains(e.first[q], h.Row) {
			first = append(first, h.Row)
		}
	}
	return first
}

// photo is the id of a row of the index.
func (e *examination) photo(row int) string { return e.Index.IDs[row] }

// lookAtPhotos measures the photos that matter: queries that miss, what they found, and what they should have.
func (e *examination) lookAtPhotos(ctx context.Context) error {
	ids := e.involved()
	files := make([]string, len(ids))
	for i, id := range ids {
		files[i] = e.Catalog.File(e.byID[id])
	}
	update, finish := e.opts.Progress("looking at photos")
	looks, err := measureAll(ctx, ids, files, embed.Limits(e.opts.Embedder, noLimits), update)
	finish()
	if err != nil {
		return err
	}
	e.looks = looks
	digests, err := e.findPictures(ctx, ids)
	if err != nil {
		return err
	}
	e.workshop = &workshop{catalog: e.Catalog, byID: e.byID, embedder: e.opts.Embedder, dir: e.opts.Dir, digests: digests,
		progress: e.opts.Progress, made: map[string][]float32{}}
	var index []look
	for _, id := range ids {
		if _, ok := e.exact.Row(id); ok {
			index = append(index, e.looks[id])
		}
	}
	e.typical = typicalOf(index)
	return nil
}

// involved are the ids of photos that matter, each once.
func (e *examination) involved() []string {
	var ids []string
	seen := map[string]bool{}
	add := func(id string) {
		if !seen[id] && e.byID[id].ID != "" {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, c := range e.cases {
		add(c.Query)
		for _, r := range c.Results {
			add(r.Photo)
		}
		for _, id := range c.Right {
			add(id)
		}
	}
	return ids
}
