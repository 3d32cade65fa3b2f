package shards

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
)

// Search asks all shards for the nearest products and merges. Of the k nearest products of all, each is among the k
// nearest of the shard that has its nearest photo.
func (s *snapshot) Search(ctx context.Context, q serve.Query) (serve.Found, error) {
	begun := time.Now()
	body := serve.ShardQuery{Vector: serve.VectorBytes(q.Vector), K: q.K, Category: q.Category, Fields: q.Fields,
		MinScore: q.MinScore, Exclude: q.Exclude, Exact: q.Exact}
	there, err := ask(ctx, s, s.asked(), func(ctx context.Context, p *part) (*serve.ShardFound, error) {
		own := body
		own.Index = p.info.Index
		got, err := post[serve.ShardFound](ctx, p.shard, "/v1/shard/search", own)
		if err == nil {
			err = p.of(got.ShardOf)
		}
		if err == nil {
			err = plausible(got, q.K)
		}
		return got, err
	})
	if err != nil {
		return serve.Found{}, err
	}
	if len(there) == 0 {
		return serve.Found{}, s.none()
	}
	asked := time.Now()
	found := serve.Found{}
	for _, a := range there {
		if a.err != nil {
			return serve.Found{}, a.err
		}
		found.Candidates += a.value.Candidates
	}
	if len(s.Missing()) == 0 {
		if err := unknownToAll(there, q); err != nil {
			return serve.Found{}, err
		}
	}
	found.Products = s.merge(there, q.K)
	found.Stages = []serve.Stage{{Name: "shards", Took: asked.Sub(begun)}, {Name: "merge", Took: time.Since(asked)}}
	return found, nil
}

// slack is how far above 1 rounding may lift a cosine.
const slack = 1e-2

// plausible says what of an answer cannot be.
func plausible(f *serve.ShardFound, k int) error {
	if len(f.Products) > k {
		return silent("it found %d products where %d were asked for", len(f.Products), k)
	}
	for i, h := range f.Products {
		if h.ID == "" || !(math.Abs(h.Score) <= 1+slack) || i > 0 && h.Score > f.Products[i-1].Score {
			return silent("its products have no ids, scores that no cosine has, or no order")
		}
	}
	return nil
}

// unknownToAll is the error of a filter that names what no shard has, as one index would say it.
func unknownToAll(there []answer[*serve.ShardFound], q serve.Query) error {
	all := func(name string) bool {
		for _, a := range there {
			if !slices.Contains(a.value.Unknown, name) {
				return false
			}
		}
		return true
	}
	if q.Category != "" && all(serve.UnknownCategory) {
		return tag.Error(fmt.Errorf("there is no category %q", q.Category), serve.ErrNoCategory)
	}
	for name := range maps.Keys(q.Fields) {
		if all(serve.UnknownField + name) {
			return tag.Error(errors.New("a filter names a column or a value that no photo has"), serve.ErrNoField)
		}
	}
	return nil
}

// better sorts hits: by score, then by the photo's id, as one index does.
func better(a, b serve.Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Photo.ID, b.Photo.ID))
}

// merge takes of each product the nearest photo, and of these the k nearest.
func (s *snapshot) merge(there []answer[*serve.ShardFound], k int) []serve.Hit {
	type of struct{ product, loose string }
	best := map[of]serve.Hit{}
	for _, a := range there {
		for _, h := range a.value.Products {
			hit := serve.Hit{Photo: h.Photo(), Score: h.Score}
			s.x.places.note(h.ID, a.number)
			key := of{product: h.Product}
			if h.Product == "" {
				key.loose = h.ID
			}
			if was, ok := best[key]; !ok || better(hit, was) < 0 {
				best[key] = hit
			}
		}
	}
	hits := slices.SortedFunc(maps.Values(best), better)
	return hits[:min(k, len(hits))]
}
