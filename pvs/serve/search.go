package serve

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Limits of a search.
const (
	MaxK      = 200 // products
	maxRefine = 20  // photos that a search is moved towards or away from
	maxText   = 500 // bytes of an id, a category or a value
)

// search is what somebody asks for. Photo, id and link exclude each other; more alone is enough, too.
type search struct {
	photo      []byte
	id, link   string
	crop       *Crop
	k          int
	category   string
	fields     map[string]string
	minScore   *float64
	more, less []string // ids of photos to be like, and not to be like
	exact      bool
	taught     string // taughtBest, taughtOn or taughtOff
}

// answer is what was found.
type answer struct {
	info       Info
	products   []Hit
	missing    []string // what did not answer
	match      bool     // whether the best is likely the same product
	candidates int
	stages     []Stage
	total      time.Duration
	taught     *applied // nil: the server keeps no clicks

	vector []float32      // that was searched for, before it was moved
	query  *Photo         // the photo of the index that was searched for; nil: another
	part   *imageprep.RGB // the part of the photo that was sent, or of the index's; nil: none
}

// checkNumbers refuses numbers that no search has.
func (q *search) checkNumbers() error {
	switch {
	case q.k < 1 || q.k > MaxK:
		return wrong("k is %d; it must be at least 1 and at most %d", q.k, MaxK)
	case q.minScore != nil && !(math.Abs(*q.minScore) <= 1): // NaN, too
		return wrong("min_score is %g; it must be at least -1 and at most 1", *q.minScore)
	}
	return nil
}

// check refuses what no search can be.
func (q *search) check() error {
	if err := q.checkNumbers(); err != nil {
		return err
	}
	given := 0
	for _, is := range []bool{q.photo != nil, q.id != "", q.link != ""} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return wrong("a search is for a photo or for an id, not for both")
	case given == 0 && len(q.more) == 0:
		return wrong("there is nothing to search for: send a photo, or the id of one")
	case len(q.more)+len(q.less) > maxRefine:
		return wrong("%d photos to be like or not to be like are too many; %d are the most",
			len(q.more)+len(q.less), maxRefine)
	case q.crop != nil && q.photo == nil && q.id == "":
		return wrong("a crop is of a photo: send it, or its id")
	}
	return nil
}

// find answers a search from one snapshot.
func (s *Server) find(ctx context.Context, v *view, q search) (*answer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	begun := time.Now()
	taught, err := s.taught(v, q.taught)
	if err != nil {
		return nil, err
	}
	a := &answer{taught: taught}
	st := &stages{}
	var exclude []string
	if err := s.vectorOf(ctx, v, &q, a, st); err != nil {
		return nil, err
	}
	if a.query != nil && a.query.Product != "" {
		exclude = append(exclude, a.query.Product)
	}
	st.begin()
	more, _, err := vectorsOf(ctx, v, q.more)
	if err != nil {
		return nil, err
	}
	less, products, err := vectorsOf(ctx, v, q.less)
	if err != nil {
		return nil, err
	}
	moved, err := refine(a.vector, more, less)
	if err != nil {
		return nil, wrong("the photos to be like and not to be like cancel each other out: leave some of them out")
	}
	if len(more)+len(less) > 0 {
		st.end("refine")
	}
	found, err := taught.search(ctx, v, Query{Vector: moved, K: q.k, Category: q.category, Fields: q.fields,
		MinScore: q.minScore, Exclude: append(exclude, products...), Exact: q.exact})
	if err != nil {
		return nil, err
	}
	a.products, a.candidates = found.Products, found.Candidates
	a.info, a.missing = taught.info(v.Info()), missingOf(v.Snapshot) // as they are once all was asked
	a.match = len(a.products) > 0 && a.info.likely(a.products[0].Score)
	a.stages, a.total = append(st.list, found.Stages...), time.Since(begun)
	s.metrics.stagesOf(a.stages)
	return a, nil
}

// vectorOf finds what is searched for: of a photo that was sent, of one of the index, or of a link.
func (s *Server) vectorOf(ctx context.Context, v *view, q *search, a *answer, st *stages) error {
	data := q.photo
	var err error
	switch {
	case q.link != "":
		a.vector, err = parseLink(q.link, v.key, v.batch.embedder.Dim())
		return err
	case q.id != "":
		p, err := v.Photo(ctx, q.id)
		if err != nil {
			return err
		}
		a.query = &p
		if q.crop == nil {
			a.vector, err = v.Vector(ctx, q.id)
			return err
		}
		if k, ok := v.index.(Keeper); ok {
			a.vector, err = k.CropVector(ctx, q.id, *q.crop)
			return err
		}
		if data, err = s.opts.Files.read(p.Path, s.opts.MaxBytes); err != nil {
			return err
		}
	case data == nil: // photos to be like are all there is
		return nil
	}
	e, err := s.embed(ctx, v.live, data, q.crop, st)
	if err != nil {
		return err
	}
	a.vector, a.part = e.vector, e.part
	return nil
}

// vectorsOf looks up photos by their ids, and their products, each once.
func vectorsOf(ctx context.Context, snap Snapshot, ids []string) (list [][]float32, products []string, err error) {
	for _, id := range ids {
		v, err := snap.Vector(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		p, err := snap.Photo(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, v)
		if p.Product != "" && !slices.Contains(products, p.Product) {
			products = append(products, p.Product)
		}
	}
	return list, products, nil
}

// similar finds products that look like a product, whose photos' mean is searched for.
func (s *Server) similar(ctx context.Context, view *view, product string, q search) (*answer, error) {
	if err := q.checkNumbers(); err != nil {
		return nil, err
	}
	taught, err := s.taught(view, q.taught)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	photos, err := view.Product(ctx, product)
	if err != nil {
		return nil, err
	}
	var all [][]float32
	for _, p := range photos {
		v, err := view.Vector(ctx, p.ID)
		if errors.Is(err, ErrNoPhoto) {
			return nil, fmt.Errorf("the snapshot lists the photo %s of %s but has no vector of it", p.ID, product)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	mean, err := refine(nil, all, nil)
	if err != nil {
		return nil, fmt.Errorf("the mean of the photos of %s: %w", product, err)
	}
	found, err := taught.search(ctx, view, Query{Vector: mean, K: q.k, Category: q.category, Fields: q.fields,
		MinScore: q.minScore, Exclude: []string{product}, Exact: q.exact})
	if err != nil {
		return nil, err
	}
	a := &answer{info: taught.info(view.Info()), taught: taught, missing: missingOf(view.Snapshot),
		products: found.Products, candidates: found.Candidates, stages: found.Stages, total: time.Since(begun)}
	a.match = len(a.products) > 0 && a.info.likely(a.products[0].Score)
	s.metrics.stagesOf(a.stages)
	return a, nil
}
