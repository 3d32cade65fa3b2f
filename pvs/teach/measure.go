package teach

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

const (
	folds   = 5
	deepest = 50 // photos that are found for one; a product that is not among them counts as not found
)

// measure fills in what a fit is worth.
func (t *teacher) measure(out *Taught, list []resolved, check [][]Photo) error {
	r := &out.Report
	fits, total := 0, 1
	products, err := t.severalPhotos(list)
	if err != nil {
		return err
	}
	enough := r.Queries >= FewestPhotos && len(products) >= FewestProducts
	if enough {
		total += folds + mostHidden(products)
	}
	done := func() {
		if fits++; t.opts.Progress != nil {
			t.opts.Progress(fits, total)
		}
	}
	done()
	if err := t.checkOthers(r, out.Metric, check, t.opts.Seed); err != nil {
		return fmt.Errorf("searching for photos that were not clicked on: %w", err)
	}
	if enough {
		if err := t.holdOutClicks(r, list, done); err != nil {
			return err
		}
		if err := t.holdOutPhotos(r, list, products, done); err != nil {
			return err
		}
	}
	r.decide()
	return nil
}

// severalPhotos returns the photos of the products that were found and have two or more.
func (t *teacher) severalPhotos(list []resolved) (products [][]Photo, err error) {
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.found.product()] {
			continue
		}
		seen[c.found.product()] = true
		photos, err := t.photosOf(c.found)
		if err != nil {
			return nil, err
		}
		if len(photos) > 1 {
			products = append(products, photos)
		}
	}
	return products, nil
}

// holdOutClicks measures how the clicks on a part of the photos that were searched for stand by a fit without them.
func (t *teacher) holdOutClicks(r *Report, list []resolved, done func()) error {
	anchors := byAnchor(list)
	part := map[Side]int{}
	for i, n := range rand.New(rand.NewPCG(t.opts.Seed, 3)).Perm(len(anchors)) {
		part[anchors[n].key] = i % folds
	}
	before, after := make([]float64, len(anchors)), make([]float64, len(anchors))
	for fold := range folds {
		metric, err := t.fit(slices.DeleteFunc(slices.Clone(list), func(c resolved) bool { return part[c.anchor] == fold }))
		if err != nil {
			return err
		}
		for i, a := range anchors {
			if part[a.key] != fold {
				continue
			}
			if before[i], err = t.standing(a, nil); err != nil {
				return err
			}
			if after[i], err = t.standing(a, metric); err != nil {
				return err
			}
		}
		done()
	}
	c, err := paired("held_out_clicks", before, after, t.opts.Seed)
	r.HeldOut = &c
	return err
}

// mostHidden is how many photos of a product are hidden in turn.
func mostHidden(products [][]Photo) (n int) {
	for _, of := range products {
		n = max(n, min(len(of), folds))
	}
	return n
}

// holdOutPhotos measures how the products that were clicked on are found by photos of theirs that a fit did not know.
func (t *teacher) holdOutPhotos(r *Report, list []resolved, products [][]Photo, done func()) error {
	before, after := make([]float64, len(products)), make([]float64, len(products))
	defer func() { t.hidden = nil }()
	for fold := range mostHidden(products) {
		t.hidden = map[string]bool{}
		hidden := func(i int) Photo { // photos of one number may all be alike, as of one view: others of each product
			return products[i][(fold+i)%len(products[i])]
		}
		for i, of := range products {
			if fold < len(of) {
				t.hidden[hidden(i).ID] = true
			}
		}
		metric, err := t.fit(list)
		if err != nil {
			return err
		}
		for i, of := range products {
			if fold >= len(of) {
				continue
			}
			share := 1 / float64(min(len(of), folds))
			was, err := t.reciprocal(hidden(i), nil)
			if err != nil {
				return err
			}
			is, err := t.reciprocal(hidden(i), metric)
			if err != nil {
				return err
			}
			before[i], after[i] = before[i]+share*was, after[i]+share*is
		}
		done()
	}
	c, err := paired("held_out_photos", before, after, t.opts.Seed)
	r.Photos = &c
	return err
}

// reciprocal is 1/rank of the nearest other photo of a photo's product.
func (t *teacher) reciprocal(p Photo, m *Metric) (float64, error) {
	found, err := Search(t.ctx, t.all, m, p.Vector, deepest)
	if err != nil {
		return 0, err
	}
	found = slices.DeleteFunc(found, func(f Photo) bool { return f.ID == p.ID })
	if at := slices.IndexFunc(found, func(f Photo) bool { return f.product() == p.product() }); at >= 0 {
		return 1 / float64(at+1), nil
	}
	return 0, nil
}

// standing says how well a photo's clicks stand, 0 to 1.
func (t *teacher) standing(a *anchored, m *Metric) (float64, error) {
	photos, err := Search(t.ctx, t.all, m, a.vector, deepest)
	if err != nil {
		return 0, err
	}
	rank := map[string]int{}
	for _, p := range photos {
		if name := p.product(); name != a.own && rank[name] == 0 && (Side{Photo: p.ID}) != a.key {
			rank[name] = len(rank) + 1
		}
	}
	sum, n := 0.0, 0
	add := func(list []Photo, value func(reciprocal float64) float64) {
		for _, p := range list {
			if p.product() == a.own {
				continue // its own product is left out of what is found
			}
			reciprocal := 0.0
			if r := rank[p.product()]; r > 0 {
				reciprocal = 1 / float64(r)
			}
			sum, n = sum+value(reciprocal), n+1
		}
	}
	add(a.same, func(r float64) float64 { return r })
	add(a.not, func(r float64) float64 { return 1 - r })
	return sum / float64(max(1, n)), nil
}

// paired compares values of the same photos.
func paired(metric string, before, after []float64, seed uint64) (evaluate.Comparison, error) {
	report := func(of []float64) *evaluate.Report {
		r := &evaluate.Report{Metrics: []evaluate.Metric{{Name: metric, Title: metric}}}
		for i, v := range of {
			r.PerQuery = append(r.PerQuery, evaluate.QueryScore{Query: strconv.Itoa(i), Values: []float64{v}})
		}
		return r
	}
	return evaluate.Compare(report(before), report(after), metric, evaluate.Options{Seed: seed})
}

// checkOthers searches for a photo of each of some products that no fit had, without a metric and
// with it.
func (t *teacher) checkOthers(r *Report, m *Metric, products [][]Photo, seed uint64) error {
	if len(products) == 0 {
		return nil
	}
	truth := map[string][]string{}
	before, after := map[string][]string{}, map[string][]string{}
	for _, photos := range products {
		query := photos[0]
		for _, p := range photos[1:] {
			truth[query.ID] = append(truth[query.ID], p.ID)
		}
		var best [2]float64
		for i, into := range []map[string][]string{before, after} {
			metric := m
			if i == 0 {
				metric = nil
			}
			found, err := Search(t.ctx, t.all, metric, query.Vector, checkDepth)
			if err != nil {
				return err
			}
			other := false
			for _, p := range found {
				if p.ID != query.ID {
					into[query.ID] = append(into[query.ID], p.ID)
				}
				if !other && p.product() != query.product() {
					other, best[i] = true, p.Score
				}
			}
		}
		r.scores = append(r.scores, best)
	}
	a, err := evaluate.Score(before, truth, evaluate.Options{Seed: seed})
	if err != nil {
		return err
	}
	b, err := evaluate.Score(after, truth, evaluate.Options{Seed: seed})
	if err != nil {
		return err
	}
	c, err := evaluate.Compare(a, b, a.MAR().Name, evaluate.Options{Seed: seed})
	r.Others = &c
	return err
}

// checkDepth is how many photos are found for one, itself and those of its product among them.
const checkDepth = 11 + mostPhotos
