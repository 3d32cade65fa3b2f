package weaviate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Index is an engine that is searched.
type Index struct {
	e      *Engine
	of     *description
	origin *vectors.Origin

	mu    sync.Mutex
	about aboutIndex
	read  time.Time // when about was read
	own   uint64    // changes that were made here
}

// Open reads what an engine holds.
func Open(ctx context.Context, e *Engine) (*Index, error) {
	d, o, err := e.described(ctx)
	if err != nil {
		return nil, err
	}
	x := &Index{e: e, of: d, origin: o}
	return x, x.readAbout(ctx)
}

// Origin says what made the vectors; nil: not known.
func (x *Index) Origin() *vectors.Origin { return x.origin }

// oldest is how long what the engine says of itself is taken to hold.
const oldest = 5 * time.Second

// readAbout reads what the photos are as a whole, and makes sure that they are of the index and network that they were.
func (x *Index) readAbout(ctx context.Context) error {
	d, _, err := x.e.described(ctx)
	if err != nil {
		return err
	}
	if d.Index != x.of.Index || d.Dim != x.of.Dim || string(d.Origin) != string(x.of.Origin) {
		return tag.Error(unavailable("the class %s of the engine at %s holds another index than before: open it anew",
			x.e.opts.Class, x.e.Name()), ErrOther)
	}
	var o struct{ Properties struct{ About string } }
	err = x.e.ask(ctx, x.e.opts.Timeout, http.MethodGet, "/v1/objects/"+x.e.about()+"/"+aboutID.String(), nil, nil, &o)
	if isStatus(err, http.StatusNotFound) {
		return tag.Error(unavailable("the push to the class %s of the engine at %s did not end: repeat it", x.e.opts.Class,
			x.e.Name()), ErrNone)
	}
	if err != nil {
		return x.e.refused(err)
	}
	var a aboutIndex
	if err := json.Unmarshal([]byte(o.Properties.About), &a); err != nil {
		return tag.Error(fmt.Errorf("what the engine at %s says of its photos cannot be read: %w", x.e.Name(), err),
			ErrSchema)
	}
	x.about, x.read = a, time.Now()
	return nil
}

// Snapshot is what the engine holds now; Weaviate keeps no states apart.
func (x *Index) Snapshot() (serve.Snapshot, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if time.Since(x.read) > oldest {
		if err := x.readAbout(context.Background()); err != nil { // for all who ask next
			return nil, err
		}
	}
	return &snapshot{x: x, about: x.about, own: x.own, photos: map[string]*found{}}, nil
}

// Put adds or replaces a photo. A later push of an index that does not have it takes it out again.
func (x *Index) Put(ctx context.Context, p serve.Photo, vector []float32) (created bool, err error) {
	s, err := x.Snapshot()
	if err != nil {
		return false, err
	}
	if _, err = s.Photo(ctx, p.ID); err != nil && !errors.Is(err, serve.ErrNoPhoto) {
		return false, err
	}
	created = err != nil
	if err := x.e.put(ctx, []object{x.e.objectOf(p, vector, "")}); err != nil {
		return false, err
	}
	x.changed()
	return created, nil
}

func (x *Index) changed() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.own++
}

// Remove takes photos out.
func (x *Index) Remove(ctx context.Context, ids ...string) error {
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := s.Photo(ctx, id); err != nil {
			return err
		}
	}
	if err := x.e.remove(ctx, ids); err != nil {
		return err
	}
	x.changed()
	return nil
}

// Close lets go of the connections.
func (x *Index) Close() error {
	x.e.client.CloseIdleConnections()
	return nil
}

// snapshot is what a request asks the engine by; it remembers what it has looked up.
type snapshot struct {
	x     *Index
	about aboutIndex
	own   uint64

	mu     sync.Mutex
	photos map[string]*found
}

type found struct {
	serve.Photo
	vector []float32
}

func (s *snapshot) Close() {}

// Info is as the last push told it.
func (s *snapshot) Info() serve.Info {
	a := s.about
	return serve.Info{ID: s.x.of.Index, Name: a.Name, State: a.State + s.own, Photos: a.Photos, Products: a.Products,
		Dim: s.x.of.Dim, Network: a.Network, Cutoff: float64(a.CutOff.Score), Missed: a.CutOff.Missed,
		Mistaken: a.CutOff.Mistaken}
}

// Categories are those of the last push.
func (s *snapshot) Categories(context.Context) ([]serve.Category, error) {
	return s.about.Categories, nil
}

// find looks a photo up with its vector.
func (s *snapshot) find(ctx context.Context, id string) (*found, error) {
	s.mu.Lock()
	had := s.photos[id]
	s.mu.Unlock()
	if had != nil {
		return had, nil
	}
	var o struct {
		ID         uuid.UUID
		Properties values
		Vector     []float32
	}
	e := s.x.e
	ask := func(level string) error {
		return e.ask(ctx, e.opts.Timeout, http.MethodGet, "/v1/objects/"+e.opts.Class+"/"+uuidOf(id).String(),
			url.Values{"include": {"vector"}, "consistency_level": {level}}, nil, &o)
	}
	err := ask("QUORUM")
	if errors.Is(err, serve.ErrUnavailable) {
		// A machine that has just come back holds a quorum up while it is brought up to date. One copy is as good as most,
		// if there is one: one that is missing may not have come yet.
		if ask("ONE") == nil {
			err = nil
		}
	}
	if isStatus(err, http.StatusNotFound) {
		return nil, tag.Error(fmt.Errorf("there is no photo %q", id), serve.ErrNoPhoto)
	}
	if err != nil {
		return nil, e.refused(err)
	}
	if o.Properties.Photo != id || len(o.Vector) != s.x.of.Dim {
		return nil, unavailable("the engine at %s gives another photo than was asked for, or a vector of %d values", e.Name(),
			len(o.Vector))
	}
	p, err := o.Properties.photo()
	if err != nil {
		return nil, err
	}
	got := &found{p, o.Vector}
	s.mu.Lock()
	s.photos[id] = got
	s.mu.Unlock()
	return got, nil
}

// Photo looks a photo up.
func (s *snapshot) Photo(ctx context.Context, id string) (serve.Photo, error) {
	f, err := s.find(ctx, id)
	if err != nil {
		return serve.Photo{}, err
	}
	return f.Photo, nil
}

// Vector returns a photo's vector.
func (s *snapshot) Vector(ctx context.Context, id string) ([]float32, error) {
	f, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return f.vector, nil
}
