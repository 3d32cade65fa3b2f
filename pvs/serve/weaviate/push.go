package weaviate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// PushOptions of [Engine.Push].
type PushOptions struct {
	Index string // the name that tells the index from others
	Name  string // for people, as the folder's
	// Anew removes the class and makes it again: after a change of the schema, or to hold another index. Searches fail
	// until the push has ended.
	Anew     bool
	Progress func(what string, done, total int) // may be nil
}

// Pushed is what a push has done.
type Pushed struct {
	Photos                  int // that the engine holds now
	Added, Changed, Removed int
}

// quorum is how many copies of a photo must be written before it counts: more than half.
var quorum = url.Values{"consistency_level": {"QUORUM"}}

// Push brings the engine to what an index holds: photos that it lacks are added, those that differ replaced, and those
// that are not in the index removed. What the engine has acknowledged is kept by most of its copies. A push that was
// interrupted goes on when it is repeated.
func (e *Engine) Push(ctx context.Context, s *index.Snapshot, o PushOptions) (*Pushed, error) {
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	info, err := s.Info(ctx)
	if err != nil {
		return nil, err
	}
	origin, err := vectors.MarshalOrigin(s.Origin())
	if err != nil {
		return nil, err
	}
	d := description{Pvs: schemaVersion, Index: o.Index, Dim: info.Dim, Origin: origin}
	if err := e.prepare(ctx, d, s.Origin(), o.Anew); err != nil {
		return nil, err
	}
	p := &push{e: e, s: s, o: o, dim: info.Dim, wanted: make(map[uuid.UUID]uint64, info.Photos), has: map[uuid.UUID]bool{}}
	err = s.Checksums(ctx, func(id string, sum uint64) error {
		p.wanted[uuidOf(id)] = sum
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := p.compare(ctx); err != nil {
		return nil, err
	}
	if err := p.send(ctx); err != nil {
		return nil, err
	}
	if err := p.remove(ctx); err != nil {
		return nil, err
	}
	p.done.Photos = info.Photos
	return &p.done, p.tell(ctx, info)
}

// push is one that goes on.
type push struct {
	e      *Engine
	s      *index.Snapshot
	o      PushOptions
	wanted map[uuid.UUID]uint64 // checksums of the index's photos; those that the engine has as they are, are taken out
	has    map[uuid.UUID]bool   // those that the engine has otherwise
	gone   []string             // ids of photos that the index does not have
	dim    int
	done   Pushed
}

// checksumText is a checksum as it is kept.
func checksumText(sum uint64) string { return fmt.Sprintf("%016x", sum) }

// pageSize is how many objects are listed at a time.
const pageSize = 2000

// compare lists what the engine holds.
func (p *push) compare(ctx context.Context) error {
	after, seen := "", 0
	for {
		var page struct {
			Objects []struct {
				ID         uuid.UUID
				Properties values
			}
		}
		q := url.Values{"class": {p.e.opts.Class}, "limit": {strconv.Itoa(pageSize)}, "after": {after}}
		if err := p.e.ask(ctx, p.e.opts.WriteTimeout, http.MethodGet, "/v1/objects", q, nil, &page); err != nil {
			return fmt.Errorf("listing what the engine holds: %w", p.e.refused(err))
		}
		for _, o := range page.Objects {
			sum, ok := p.wanted[o.ID]
			switch {
			case !ok:
				p.gone = append(p.gone, o.Properties.Photo)
			case o.Properties.Checksum == checksumText(sum):
				delete(p.wanted, o.ID)
			default:
				p.has[o.ID] = true
			}
		}
		if seen += len(page.Objects); len(page.Objects) == 0 {
			return nil
		}
		p.o.Progress("comparing", seen, unknownTotal)
		after = page.Objects[len(page.Objects)-1].ID.String()
	}
}

// unknownTotal is the total of a progress whose end is not known.
const unknownTotal = -1

// batchBytes is about how large a request with photos is.
const batchBytes = 4 << 20

// send sends what is wanted, some at a time.
func (p *push) send(ctx context.Context) error {
	var ids []string
	err := p.s.Checksums(ctx, func(id string, _ uint64) error {
		if _, ok := p.wanted[uuidOf(id)]; ok {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	batch := p.e.batch
	if batch == 0 {
		batch = max(10, min(1000, batchBytes/(12*p.dim+1000))) // a value takes some 12 bytes
	}
	for sent := 0; sent < len(ids); {
		size := min(batch, len(ids)-sent)
		entries, err := p.s.Entries(ctx, ids[sent:sent+size])
		if err != nil {
			return err
		}
		objects := make([]object, len(entries))
		for i, en := range entries {
			objects[i] = p.e.objectOf(local.PhotoOf(en.Photo), en.Vector, checksumText(p.wanted[uuidOf(en.ID)]))
		}
		if err := p.e.put(ctx, objects); err != nil {
			return fmt.Errorf("%d of %d photos were sent, and a push that is repeated goes on: %w", sent, len(ids), err)
		}
		for _, o := range objects {
			if p.has[o.ID] {
				p.done.Changed++
			} else {
				p.done.Added++
			}
		}
		sent += size
		p.o.Progress("pushing", sent, len(ids))
	}
	return nil
}

// attempts is how often photos are sent that are not acknowledged.
const attempts = 6

// put sends photos until all are acknowledged.
func (e *Engine) put(ctx context.Context, objects []object) error {
	objects = slices.Clone(objects) // of which those are taken out that are acknowledged
	var last error
	for i := range attempts {
		if i > 0 {
			select {
			case <-time.After(e.opts.Pause << (i - 1)):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			e.turn.Add(1) // another machine may do
		}
		var answers []struct {
			ID     uuid.UUID
			Result struct {
				Status string
				Errors struct{ Error []struct{ Message string } }
			}
		}
		err := e.ask(ctx, e.opts.WriteTimeout, http.MethodPost, "/v1/batch/objects", quorum,
			map[string]any{"objects": objects}, &answers)
		if errors.Is(err, serve.ErrFull) || ctx.Err() != nil || errors.As(err, new(*refusal)) {
			return e.refused(err)
		}
		if last = err; err != nil {
			continue
		}
		acknowledged := map[uuid.UUID]bool{}
		for _, a := range answers {
			if len(a.Result.Errors.Error) == 0 && a.Result.Status == "SUCCESS" {
				acknowledged[a.ID] = true
				continue
			}
			say := "no reason"
			if len(a.Result.Errors.Error) > 0 {
				say = oneLine(a.Result.Errors.Error[0].Message)
			}
			if full(say) {
				return fmt.Errorf("the engine at %s is full, and takes no photos: %s: %w", e.Name(), say, serve.ErrFull)
			}
			last = fmt.Errorf("the engine at %s does not take %s: %s", e.Name(), nameOf(objects, a.ID), say)
		}
		objects = slices.DeleteFunc(objects, func(o object) bool { return acknowledged[o.ID] })
		if len(objects) == 0 {
			return nil
		}
		if last == nil {
			last = unavailable("the engine at %s says nothing about %s", e.Name(), objects[0].name)
		}
	}
	return last
}

func nameOf(objects []object, id uuid.UUID) string {
	for _, o := range objects {
		if o.ID == id {
			return o.name
		}
	}
	return id.String()
}

// removedAtOnce is how many photos are removed by one request.
const removedAtOnce = 500

// remove takes out what the index does not have.
func (p *push) remove(ctx context.Context) error {
	for list := range slices.Chunk(p.gone, removedAtOnce) {
		if err := p.e.remove(ctx, list); err != nil {
			return fmt.Errorf("removing photos: %w", err)
		}
		p.done.Removed += len(list)
		p.o.Progress("removing", p.done.Removed, len(p.gone))
	}
	return nil
}

// remove takes photos out; those that are not there do no harm.
func (e *Engine) remove(ctx context.Context, ids []string) error {
	var answer struct {
		Results struct{ Matches, Failed int }
	}
	where := map[string]any{"path": []string{"photo"}, "operator": "ContainsAny", "valueTextArray": ids}
	body := map[string]any{"match": map[string]any{"class": e.opts.Class, "where": where}, "output": "minimal"}
	if err := e.ask(ctx, e.opts.WriteTimeout, http.MethodDelete, "/v1/batch/objects", quorum, body, &answer); err != nil {
		return e.refused(err)
	}
	if answer.Results.Failed > 0 {
		return unavailable("the engine at %s did not remove %d of %d photos: try again", e.Name(), answer.Results.Failed,
			len(ids))
	}
	return nil
}

// aboutIndex is what the engine is told of the index as a whole.
type aboutIndex struct {
	Name       string           `json:"name"`
	State      uint64           `json:"state"`
	Photos     int              `json:"photos"`
	Products   int              `json:"products"`
	Network    string           `json:"network"`
	CutOff     index.CutOff     `json:"cut_off"`
	Categories []serve.Category `json:"categories"`
	Fields     []string         `json:"fields"`
}

// aboutID is the key of its one object.
var aboutID = uuid.NewSHA1(space, nil)

// tell writes what the photos are as a whole, once all are there.
func (p *push) tell(ctx context.Context, info *index.Info) error {
	fields, err := p.s.FieldNames(ctx)
	if err != nil {
		return err
	}
	counted, err := p.s.Categories(ctx)
	if err != nil {
		return err
	}
	a := aboutIndex{Name: p.o.Name, State: info.State, Photos: info.Photos, Products: info.Products, Network: info.Network,
		CutOff: info.CutOff, Categories: local.CategoriesOf(counted), Fields: fields}
	if a.Products == 0 {
		a.Products = a.Photos // each stands for itself
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return p.e.put(ctx, []object{{Class: p.e.about(), ID: aboutID, Properties: map[string]string{"about": string(text)},
		name: "what the photos are as a whole"}})
}
