package shards

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
)

// places remembers in which shards photos were, to ask there first.
type places struct {
	mu sync.Mutex
	of map[string]int
}

// mostPlaces bounds how many are remembered.
const mostPlaces = 100_000

func (p *places) note(id string, shard int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil || len(p.of) >= mostPlaces {
		p.of = map[string]int{}
	}
	p.of[id] = shard
}

// likely is the shard that a photo was in or, if that is not known, would be put into.
func (x *Index) likely(id string) int {
	x.places.mu.Lock()
	defer x.places.mu.Unlock()
	if n, ok := x.places.of[id]; ok {
		return n
	}
	return x.home(id)
}

// home is the shard that a new photo is put into.
func (x *Index) home(id string) int { return catalog.PartOf(id, len(x.shards)).Number - 1 }

// inTurn are the parts that answer: the one that is likely to have a photo, then the others.
func (s *snapshot) inTurn(id string) (turns [][]*part) {
	at := s.x.likely(id)
	var first, others []*part
	for _, p := range s.asked() {
		if p.number == at {
			first = append(first, p)
		} else {
			others = append(others, p)
		}
	}
	for _, list := range [][]*part{first, others} {
		if len(list) > 0 {
			turns = append(turns, list)
		}
	}
	return turns
}

// photosIn asks a part for photos with their vectors.
func photosIn(ctx context.Context, p *part, name, value string) ([]*held, error) {
	got, err := get[serve.ShardPhotos](ctx, p.shard, "/v1/shard/photos",
		url.Values{"index": {p.info.Index}, name: {value}})
	if isStatus(err, http.StatusNotFound) {
		return nil, nil
	}
	if err == nil {
		err = p.of(got.ShardOf)
	}
	if err != nil {
		return nil, err
	}
	var list []*held
	for _, photo := range got.Photos {
		v, err := serve.VectorOf(photo.Vector, p.info.Dim)
		if err != nil || photo.ID == "" {
			return nil, silent("its photos cannot be read: %v", err)
		}
		list = append(list, &held{photo.Photo(), v, p})
	}
	return list, nil
}

// find looks a photo up, first where it is likely to be.
func (s *snapshot) find(ctx context.Context, id string) (*held, error) {
	s.mu.Lock()
	h := s.photos[id]
	s.mu.Unlock()
	if h != nil {
		return h, nil
	}
	for _, turn := range s.inTurn(id) {
		there, err := ask(ctx, s, turn, func(ctx context.Context, p *part) ([]*held, error) {
			return photosIn(ctx, p, "id", id)
		})
		if err != nil {
			return nil, err
		}
		for _, a := range there {
			if a.err != nil {
				return nil, a.err
			}
			if len(a.value) > 0 && a.value[0].ID == id {
				s.hold(a.value)
				return a.value[0], nil
			}
		}
	}
	if missing := s.Missing(); len(missing) > 0 {
		return nil, unavailable("the photo %q is in no shard that answers; %s may have it", id, inWords(missing))
	}
	return nil, noPhoto(id)
}

func noPhoto(id string) error {
	return tag.Error(fmt.Errorf("there is no photo %q", id), serve.ErrNoPhoto)
}

// hold remembers what was looked up.
func (s *snapshot) hold(list []*held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range list {
		s.photos[h.ID] = h
		s.x.places.note(h.ID, h.in.number)
	}
}

// Photo looks a photo up.
func (s *snapshot) Photo(ctx context.Context, id string) (serve.Photo, error) {
	h, err := s.find(ctx, id)
	if err != nil {
		return serve.Photo{}, err
	}
	return h.Photo, nil
}

// Vector returns a photo's vector.
func (s *snapshot) Vector(ctx context.Context, id string) ([]float32, error) {
	h, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return h.vector, nil
}

// Product lists a product's photos in all shards by their ids.
func (s *snapshot) Product(ctx context.Context, product string) ([]serve.Photo, error) {
	there, err := ask(ctx, s, s.asked(), func(ctx context.Context, p *part) ([]*held, error) {
		return photosIn(ctx, p, "product", product)
	})
	if err != nil {
		return nil, err
	}
	var list []serve.Photo
	for _, a := range there {
		if a.err != nil {
			return nil, a.err
		}
		s.hold(a.value)
		for _, h := range a.value {
			list = append(list, h.Photo)
		}
	}
	slices.SortFunc(list, func(a, b serve.Photo) int { return strings.Compare(a.ID, b.ID) })
	missing := s.Missing()
	switch {
	case len(list) > 0:
		return list, nil
	case len(missing) > 0:
		return nil, unavailable("the product %q is in no shard that answers; %s may have it", product, inWords(missing))
	}
	return nil, tag.Error(fmt.Errorf("there is no product %q", product), serve.ErrNoProduct)
}
