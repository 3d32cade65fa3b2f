package teach

import (
	"context"
	"errors"

	"github.com/gopvs/product-visual-search/pvs/index"
)

// Photo is a photo of an index with its vector.
type Photo struct {
	ID      string
	Product string    // "": it is of none, and stands for itself
	Digest  string    // SHA-256 of its file in hex; "": not known
	Vector  []float32 // of length 1
	Score   float64   // of a search
}

// alone begins the name of what a photo of no product stands for; no product has a zero byte.
const alone = "\x00"

// product names what a photo stands for.
func (p Photo) product() string {
	if p.Product == "" {
		return alone + p.ID
	}
	return p.Product
}

// Source is one state of an index, as a fit and a search look at it.
type Source interface {
	// Nearest returns the k photos that are nearest to a vector of length 1, best first.
	Nearest(ctx context.Context, vector []float32, k int) ([]Photo, error)
	// Photo looks a photo up; false: there is none of this id.
	Photo(ctx context.Context, id string) (Photo, bool, error)
	// Product returns the photos of a product.
	Product(ctx context.Context, product string) ([]Photo, error)
	// Sample returns up to n different photos drawn by a seed, the same ones of the same state.
	Sample(ctx context.Context, n int, seed uint64) ([]Photo, error)
}

// Of is a snapshot of an index on disk as a Source. The snapshot is released by its owner.
func Of(s *index.Snapshot) Source { return ofIndex{s} }

type ofIndex struct{ s *index.Snapshot }

func (x ofIndex) Nearest(ctx context.Context, vector []float32, k int) ([]Photo, error) {
	a, err := x.s.Search(ctx, index.Query{Vector: vector, K: min(max(k, 1), index.MaxK), Vectors: true})
	if err != nil {
		return nil, err
	}
	return photosOf(a.Hits), nil
}

func (x ofIndex) Photo(ctx context.Context, id string) (Photo, bool, error) {
	p, err := x.s.Photo(ctx, id)
	if errors.Is(err, index.ErrUnknown) {
		return Photo{}, false, nil
	}
	if err != nil {
		return Photo{}, false, err
	}
	v, err := x.s.Vector(ctx, id)
	return Photo{ID: p.ID, Product: p.Product, Digest: p.Digest, Vector: v}, err == nil, err
}

func (x ofIndex) Product(ctx context.Context, product string) (list []Photo, err error) {
	photos, err := x.s.Product(ctx, product)
	if errors.Is(err, index.ErrUnknown) {
		return nil, nil
	}
	for _, p := range photos {
		v, err := x.s.Vector(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, Photo{ID: p.ID, Product: p.Product, Digest: p.Digest, Vector: v})
	}
	return list, err
}

func (x ofIndex) Sample(ctx context.Context, n int, seed uint64) ([]Photo, error) {
	hits, err := x.s.Sample(ctx, n, seed)
	return photosOf(hits), err
}

func photosOf(hits []index.Hit) []Photo {
	list := make([]Photo, len(hits))
	for i, h := range hits {
		list[i] = Photo{ID: h.ID, Product: h.Product, Digest: h.Digest, Vector: h.Vector, Score: float64(h.Score)}
	}
	return list
}

// once gives each photo one vector in memory, however often it is looked up.
type once struct {
	Source
	known map[string][]float32
}

func (o once) share(list []Photo) []Photo {
	for i, p := range list {
		if had, ok := o.known[p.ID]; ok {
			list[i].Vector = had
		} else {
			o.known[p.ID] = p.Vector
		}
	}
	return list
}

func (o once) Nearest(ctx context.Context, vector []float32, k int) ([]Photo, error) {
	list, err := o.Source.Nearest(ctx, vector, k)
	return o.share(list), err
}

func (o once) Photo(ctx context.Context, id string) (Photo, bool, error) {
	p, there, err := o.Source.Photo(ctx, id)
	if there {
		p = o.share([]Photo{p})[0]
	}
	return p, there, err
}

func (o once) Product(ctx context.Context, product string) ([]Photo, error) {
	list, err := o.Source.Product(ctx, product)
	return o.share(list), err
}

func (o once) Sample(ctx context.Context, n int, seed uint64) ([]Photo, error) {
	list, err := o.Source.Sample(ctx, n, seed)
	return o.share(list), err
}
