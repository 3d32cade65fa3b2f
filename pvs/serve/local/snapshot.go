package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/teach"
)

// snapshot is a state of an index folder.
type snapshot struct {
	s  *index.Snapshot
	of *Index
	sums
}

func (s *snapshot) Info() serve.Info { return s.info }
func (s *snapshot) Close()           { s.s.Release() }

// hidden are what an index filters by but no answer shows.
var hidden = []string{"path", "digest"}

// Search searches for products.
func (s *snapshot) Search(ctx context.Context, q serve.Query) (serve.Found, error) {
	query := index.Query{Vector: q.Vector, K: q.K, ByProduct: !q.Photos, Vectors: q.Photos, Category: q.Category,
		Where: q.Fields, Exact: q.Exact}
	for name := range q.Fields {
		if slices.Contains(hidden, name) { // nobody learns by trying
			return serve.Found{}, s.unknown(q)
		}
	}
	if q.MinScore != nil {
		query.MinScore = float32(*q.MinScore)
	}
	for _, product := range q.Exclude {
		photos, err := s.s.Product(ctx, product)
		if errors.Is(err, index.ErrUnknown) {
			continue
		}
		if err != nil {
			return serve.Found{}, err
		}
		for _, p := range photos {
			query.Exclude = append(query.Exclude, p.ID)
		}
	}
	a, err := s.s.Search(ctx, query)
	switch {
	case errors.Is(err, index.ErrUnknown):
		return serve.Found{}, s.unknown(q)
	case errors.Is(err, index.ErrQuery): // its sentence names the folder
		return serve.Found{}, serve.Unacceptable(errors.New("the search is not possible as it was asked for"))
	case err != nil:
		return serve.Found{}, err
	}
	found := serve.Found{Candidates: a.Candidates}
	for _, h := range a.Hits {
		if q.MinScore != nil && float64(h.Score) < *q.MinScore {
			continue // a least score of 0 is none to the index
		}
		found.Products = append(found.Products, serve.Hit{Photo: PhotoOf(h.Photo), Score: float64(h.Score),
			Vector: h.Vector})
	}
	for _, st := range []struct {
		name string
		took time.Duration
	}{{"filter", a.Timing.Filter}, {"scan", a.Timing.Scan}, {"score", a.Timing.Score}, {"look up", a.Timing.Look}} {
		found.Stages = append(found.Stages, serve.Stage{Name: st.name, Took: st.took})
	}
	return found, nil
}

// Source is the state as a fit to clicks looks at it.
func (s *snapshot) Source() (teach.Source, teach.Made) {
	return teach.Of(s.s), teach.MadeBy(s.info.Name, s.s.Origin(), s.info.Dim)
}

// unknown says which filter names what is not there.
func (s *snapshot) unknown(q serve.Query) error {
	there := func(c serve.Category) bool { return c.Path == q.Category }
	if q.Category != "" && !slices.ContainsFunc(s.categories, there) {
		return tag.Error(fmt.Errorf("there is no category %q", q.Category), serve.ErrNoCategory)
	}
	return tag.Error(errors.New("a filter names a column or a value that no photo has"), serve.ErrNoField)
}

// Photo looks a photo up.
func (s *snapshot) Photo(ctx context.Context, id string) (serve.Photo, error) {
	p, err := s.s.Photo(ctx, id)
	if errors.Is(err, index.ErrUnknown) {
		return serve.Photo{}, noPhoto(id)
	}
	return PhotoOf(p), err
}

// Vector returns a photo's vector.
func (s *snapshot) Vector(ctx context.Context, id string) ([]float32, error) {
	v, err := s.s.Vector(ctx, id)
	if errors.Is(err, index.ErrUnknown) {
		err = noPhoto(id)
	}
	return v, err
}

// Product lists a product's photos by their ids.
func (s *snapshot) Product(ctx context.Context, product string) (list []serve.Photo, err error) {
	photos, err := s.s.Product(ctx, product)
	if errors.Is(err, index.ErrUnknown) {
		err = tag.Error(fmt.Errorf("there is no product %q", product), serve.ErrNoProduct)
	}
	for _, p := range photos {
		list = append(list, PhotoOf(p))
	}
	slices.SortFunc(list, func(a, b serve.Photo) int { return strings.Compare(a.ID, b.ID) })
	return list, err
}

// IDs lists the ids of photos behind one.
func (s *snapshot) IDs(ctx context.Context, after string, limit int) ([]string, error) {
	return s.s.IDsAfter(ctx, after, limit)
}

// restOfSketch is how many times as long as making a sketch of the products took it is kept, though they have changed:
// it takes a second of a million.
const restOfSketch = 20

// Products sketches the products as they are, or were a moment ago.
func (s *snapshot) Products(ctx context.Context) (serve.Sketch, error) {
	x := s.of
	x.sketching.Lock()
	defer x.sketching.Unlock()
	if x.sketch.made.IsZero() || x.sketch.state != s.s.State() && time.Since(x.sketch.made) > restOfSketch*x.sketch.took {
		begun := time.Now()
		var failed error
		made := serve.SketchOf(func(yield func(string) bool) {
			failed = s.s.ProductNames(ctx, func(name string) error {
				yield(name)
				return nil
			})
		})
		if failed != nil {
			return serve.Sketch{}, failed
		}
		x.sketch = sketch{time.Now(), time.Since(begun), s.s.State(), made}
	}
	return x.sketch.Sketch, nil
}

// Categories lists them.
func (s *snapshot) Categories(context.Context) ([]serve.Category, error) { return s.categories, nil }

// PhotoOf is a photo of an index as a server knows it.
func PhotoOf(p index.Photo) serve.Photo {
	return serve.Photo{ID: p.ID, Product: p.Product, Category: string(p.Category), Title: p.Title, Path: p.Path,
		Digest: p.Digest, Fields: p.Fields}
}

// kept is a photo as an index keeps it.
func kept(p serve.Photo) index.Photo {
	return index.Photo{ID: p.ID, Product: p.Product, Category: catalog.Category(p.Category), Title: p.Title, Path: p.Path,
		Digest: p.Digest, Fields: p.Fields}
}
