package shards

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/serve"
)

// Put is refused: a shard keeps a photo with its file ([Index.PutFile]).
func (x *Index) Put(context.Context, serve.Photo, []float32) (bool, error) {
	return false, errors.New("a photo is put into a shard with its file")
}

// PutFile puts a photo into the shard that has it or, if it is new, into that of its id. Whether it is new is only
// known if all shards answer.
func (x *Index) PutFile(ctx context.Context, p serve.Photo, vector []float32, file []byte) (created bool, err error) {
	s, at, err := x.placeOf(ctx, p.ID)
	if err != nil {
		return false, err
	}
	to := s.parts[x.home(p.ID)]
	if at != nil {
		to = at.in
	}
	kind, body, err := putForm(p, vector, file, to.info.Index)
	if err != nil {
		return false, err
	}
	r, err := x.change(ctx, to, request{method: http.MethodPut, path: "/v1/shard/photos/" + url.PathEscape(p.ID),
		kind: kind, body: body})
	if err != nil {
		return false, err
	}
	x.places.note(p.ID, to.number)
	return r.status == http.StatusCreated, nil
}

// placeOf finds the photo of an id; nil: it is in no shard, and all were asked.
func (x *Index) placeOf(ctx context.Context, id string) (*snapshot, *held, error) {
	taken, err := x.snapshot()
	if err != nil {
		return nil, nil, err
	}
	s := taken.(*snapshot)
	at, err := s.find(ctx, id)
	switch {
	case errors.Is(err, serve.ErrNoPhoto):
		return s, nil, nil
	case errors.Is(err, serve.ErrUnavailable):
		return nil, nil, unavailable("nothing was changed, as it is not known in which shard the photo is: %s not answer",
			does(s.Missing()))
	}
	return s, at, err
}

// does begins a sentence about shards.
func does(names []string) string {
	if len(names) == 1 {
		return names[0] + " does"
	}
	return inWords(names) + " do"
}

// change asks a shard to change something.
func (x *Index) change(ctx context.Context, to *part, q request) (*response, error) {
	// A change that has begun is carried through, whether its client waits or not.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), x.opts.ChangeTimeout)
	defer cancel()
	q.writes = true
	r, err := to.do(limited, q)
	to.changed()
	if isSilence(err) {
		x.leaveOut(to.shard, err)
		return nil, unavailable("whether the change was made is not known, and it can be asked for again: %s did not "+
			"answer", to.name)
	}
	return r, err
}

// putForm is a photo as a shard takes it.
func putForm(p serve.Photo, vector []float32, file []byte, index string) (kind string, body []byte, err error) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	field := func(name, value string) {
		if err == nil && value != "" {
			err = w.WriteField(name, value)
		}
	}
	field("product", p.Product)
	field("category", p.Category)
	field("title", p.Title)
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		field("field", name+"="+p.Fields[name])
	}
	field("index", index)
	field("vector", base64.StdEncoding.EncodeToString(serve.VectorBytes(vector)))
	if err != nil {
		return "", nil, err
	}
	part, err := w.CreateFormFile("photo", "photo")
	if err != nil {
		return "", nil, err
	}
	if _, err := part.Write(file); err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return w.FormDataContentType(), out.Bytes(), nil
}

// Remove takes photos out of the shards that have them. All are looked up before; if a shard fails then, those of
// others may be gone already.
func (x *Index) Remove(ctx context.Context, ids ...string) error {
	var list []*held
	for _, id := range ids {
		_, at, err := x.placeOf(ctx, id)
		if err != nil {
			return err
		}
		if at == nil {
			return noPhoto(id)
		}
		list = append(list, at)
	}
	for _, h := range list {
		_, err := x.change(ctx, h.in, request{method: http.MethodDelete, path: "/v1/photos/" + url.PathEscape(h.ID)})
		if isStatus(err, http.StatusNotFound) {
			return noPhoto(h.ID) // another removed it meanwhile
		}
		if err != nil {
			return err
		}
	}
	return nil
}
