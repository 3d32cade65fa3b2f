package index

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// scored is a photo with its score.
type scored struct {
	key     int64
	product uint32
	score   float32
}

// better sorts by score, then by key. What of equal scores is a result, and in which order, byIDs says.
func better(a, b scored) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.key, b.key))
}

// Search finds the photos, or products, that are nearest to a vector.
func (s *Snapshot) Search(ctx context.Context, q Query) (*Answer, error) {
	begun := time.Now()
	if err := q.check(s.ix.dim); err != nil {
		return nil, tag.Error(fmt.Errorf("searching the index %s: %w", s.ix.dir, err), ErrQuery)
	}
	f, err := s.filter(ctx, &q)
	if err != nil {
		return nil, err
	}
	without, err := s.keysOf(ctx, q.Exclude)
	if err != nil {
		return nil, err
	}
	a := &Answer{State: s.state, Photos: f.photos}
	a.Timing.Filter = time.Since(begun)
	if q.Exact {
		q.Candidates = 0
	}
	best, err := s.best(ctx, &q, f, without, a)
	if err != nil {
		return nil, err
	}
	looking := time.Now()
	if a.Hits, err = s.look(ctx, best); err != nil {
		return nil, err
	}
	if q.Vectors {
		if err := s.addVectors(a.Hits, best); err != nil {
			return nil, err
		}
	}
	a.Match = s.matches(a.Hits)
	a.Timing.Look = time.Since(looking)
	a.Timing.Total = time.Since(begun)
	return a, nil
}

// check says what is wrong with a query.
func (q *Query) check(dim int) error {
	if len(q.Vector) != dim {
		return fmt.Errorf("the query has the dimension %d, the index %d", len(q.Vector), dim)
	}
	sum := 0.0
	for _, v := range q.Vector {
		sum += float64(v) * float64(v)
	}
	if !(math.Abs(sum-1) <= unitTolerance) {
		return fmt.Errorf("the query has the length %.4g, not 1", math.Sqrt(sum))
	}
	if q.K < 1 || q.K > MaxK {
		return fmt.Errorf("%d results are not possible: 1 to %d", q.K, MaxK)
	}
	if q.Candidates < 0 || math.IsNaN(float64(q.MinScore)) {
		return fmt.Errorf("%d candidates or a smallest score of %g are not possible", q.Candidates, q.MinScore)
	}
	return nil
}

// keysOf returns the keys of photos that are there.
func (s *Snapshot) keysOf(ctx context.Context, ids []string) (map[int64]bool, error) {
	keys := map[int64]bool{}
	for _, id := range ids {
		err := s.ask(func(q queryer) error {
			return each(ctx, q, func(r *sql.Rows) error {
				var key int64
				err := r.Scan(&key)
				keys[key] = true
				return err
			}, "SELECT key FROM photos WHERE photo = ?", id)
		})
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// best returns the best photos, or the best photo of each product, best first. As many candidates are compared as it
// takes: calibration says how many hold the ten best photos, and if results reach down to the photo of rank r, r/10
// times as many are looked at.
func (s *Snapshot) best(ctx context.Context, q *Query, f *filter, without map[int64]bool, a *Answer) ([]scored, error) {
	calibrated := s.candidates()
	n := max(q.K, calibrated*max(1, (q.K+calibratedAt-1)/calibratedAt))
	if q.Candidates > 0 {
		n = max(q.K, q.Candidates)
	}
	for {
		all, err := s.nearest(ctx, q, f, without, n, a)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(all, better)
		out, rank := q.take(all)
		tied, err := s.byIDs(ctx, all, rank)
		if err != nil {
			return nil, err
		}
		if tied {
			out, rank = q.take(all)
		}
		a.Candidates = len(all)
		whole := n >= f.photos
		cut := q.MinScore != 0 && rank < len(all) && all[rank].score < q.MinScore
		enough := len(out) == q.K &&
			(q.Candidates > 0 || n >= calibrated*rank/calibratedAt && !tiedBeyond(all, rank))
		if whole || cut || enough {
			a.Exact = q.Exact || whole
			return out, nil
		}
		n = max(2*n, min(calibrated*rank/calibratedAt, 4*n))
	}
}

// take leaves of photos, best first, what a query asks for, and returns how many of them it looked at.
func (q *Query) take(all []scored) (out []scored, rank int) {
	seen := map[uint32]bool{}
	for i, h := range all {
		if len(out) == q.K || q.MinScore != 0 && h.score < q.MinScore {
			return out, i
		}
		if q.ByProduct && h.product != 0 {
			if seen[h.product] {
				continue
			}
			seen[h.product] = true
		}
		out = append(out, h)
	}
	return out, len(all)
}

// lookup reads photos by their keys, a JSON list.
const lookup = "SELECT photos.key, photo, coalesce(products.product, ''), coalesce(categories.category, ''), " +
	"photos.title, photos.path, photos.digest, photos.fields, photos.texts_crc32c " +
	"FROM json_each(?) AS wanted CROSS JOIN photos ON photos.key = wanted.value " +
	"LEFT JOIN products ON products.number = photos.product " +
	"LEFT JOIN categories ON categories.number = photos.category"

// look reads of what photos the results are.
func (s *Snapshot) look(ctx context.Context, best []scored) ([]Hit, error) {
	keys, place := make([]int64, len(best)), make(map[int64]int, len(best))
	for i, b := range best {
		keys[i], place[b.key] = b.key, i
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	hits, found := make([]Hit, len(best)), 0
	err = s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			key, p, err := scanPhoto(r.Scan)
			hits[place[key]] = Hit{Photo: p, Score: best[place[key]].score}
			found++
			return err
		}, lookup, string(text))
	})
	if err == nil && found < len(best) {
		err = tag.Error(fmt.Errorf("searching the index %s: %d photos of its codes are not in %s", s.ix.dir, len(best)-found,
			databaseFile), ErrCodes)
	}
	return hits, err
}

// addVectors reads the vectors of results, which are in the order of best.
func (s *Snapshot) addVectors(hits []Hit, best []scored) error {
	room := make([]byte, stride(s.ix.dim))
	for i, b := range best {
		p, ok := s.partOf(b.key)
		if !ok {
			return fmt.Errorf("searching the index %s: the photo of key %d is in no part", s.ix.dir, b.key)
		}
		row, _ := p.row(b.key)
		values, err := p.values(row, s.ix.dim, room)
		if err != nil {
			return err
		}
		hits[i].Vector = asFloats(nil, values)
	}
	return nil
}
