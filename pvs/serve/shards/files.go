package shards

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/serve"
)

// Picture asks the shard that has a photo for its picture.
func (x *Index) Picture(ctx context.Context, id string, side int, known string) (serve.Picture, error) {
	r, err := inOne(ctx, x, id, func(ctx context.Context, p *part) (*response, error) {
		return p.do(ctx, request{method: http.MethodGet, path: "/image",
			query: url.Values{"id": {id}, "side": {strconv.Itoa(side)}}, tag: known})
	})
	switch {
	case err != nil:
		return serve.Picture{}, err
	case r.status == http.StatusNotModified:
		return serve.Picture{Tag: r.tag}, nil
	case http.DetectContentType(r.body) != "image/jpeg":
		return serve.Picture{}, errors.New("a shard sent a picture that is none")
	}
	return serve.Picture{Tag: r.tag, JPEG: r.body}, nil
}

// CropVector asks the shard that has a photo to embed a part of it.
func (x *Index) CropVector(ctx context.Context, id string, crop serve.Crop) ([]float32, error) {
	return inOne(ctx, x, id, func(ctx context.Context, p *part) ([]float32, error) {
		got, err := post[serve.ShardCrop](ctx, p.shard, "/v1/shard/crop",
			map[string]string{"index": p.info.Index, "photo": id, "crop": crop.String()})
		if err == nil {
			err = p.of(got.ShardOf)
		}
		if err != nil {
			return nil, err
		}
		v, err := serve.VectorOf(got.Vector, p.info.Dim)
		if err != nil {
			return nil, silent("its vector cannot be read: %v", err)
		}
		return v, nil
	})
}

// inOne asks for something that only the shard with a photo has. It may take longer than a search, and a shard that is
// slow at it is not left out of searches.
func inOne[T any](ctx context.Context, x *Index, id string, f func(context.Context, *part) (T, error)) (T, error) {
	var none T
	taken, err := x.snapshot()
	if err != nil {
		return none, err
	}
	s := taken.(*snapshot)
	var notFound error
	for _, p := range slices.Concat(s.inTurn(id)...) {
		limited, cancel := context.WithTimeout(ctx, x.opts.ChangeTimeout)
		got, err := f(limited, p)
		cancel()
		switch {
		case err == nil:
			x.places.note(id, p.number)
			return got, nil
		case ctx.Err() != nil:
			return none, context.Cause(ctx)
		case isSilence(err):
			p.silent.Store(true)
		case isStatus(err, http.StatusNotFound) && err.Error() == noPhoto(id).Error():
			notFound = err
		default:
			return none, err
		}
	}
	if missing := s.Missing(); len(missing) > 0 || notFound == nil {
		return none, unavailable("the photo %q is in no shard that answers; %s may have it", id, inWords(missing))
	}
	return none, notFound
}
