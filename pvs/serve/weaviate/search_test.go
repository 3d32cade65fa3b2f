package weaviate

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
)

// opened is an engine with 20 photos.
func opened(t *testing.T) (*fake, *Engine, *Index) {
	t.Helper()
	f := newFake(t)
	e := connected(t, f.URL)
	if _, err := pushing(t, t.Context(), e, shop(t, 20, "one"), false); err != nil {
		t.Fatal(err)
	}
	ix, err := Open(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return f, e, ix
}

func snapshotOf(t *testing.T, ix *Index) serve.Snapshot {
	t.Helper()
	s, err := ix.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const answered = `{"data": {"Get": {"Photo": [
	{"_additional": {"group": {"hits": [{"photo": "b", "product": "q", "category": "Plates", "fields": ["size=s"],
		"_additional": {"distance": 0.25}}]}}},
	{"_additional": {"group": {"hits": [{"photo": "a", "product": "p", "fields": null,
		"_additional": {"distance": 0.25}}]}}}
]}}}`

// A search is one query with its filters, and its answer is in our order.
func TestSearch(t *testing.T) {
	f, _, ix := opened(t)
	f.answer = answered
	score := 0.5
	found, err := snapshotOf(t, ix).Search(t.Context(), serve.Query{Vector: []float32{0.6, 0.8}, K: 2, Category: "Cups",
		Fields: map[string]string{"colour=x": `"red"`, "title": "T"}, MinScore: &score, Exclude: []string{"p2"}})
	if err != nil || len(found.Products) != 2 || found.Products[0].Photo.ID != "a" || found.Products[0].Score != 0.75 ||
		!reflect.DeepEqual(found.Products[1].Photo, serve.Photo{ID: "b", Product: "q", Category: "Plates",
			Fields: map[string]string{"size": "s"}}) {
		t.Fatalf("%+v, %v", found, err)
	}
	q := f.queries[len(f.queries)-1]
	for _, part := range []string{"nearVector: {vector: [0.6,0.8], distance: 0.5001}",
		`groupBy: {path: ["thing"], groups: 2`,
		`{path: ["within"], operator: Equal, valueText: "Cups"}`,
		`{path: ["fields"], operator: Equal, valueText: "colour%3Dx=\"red\""}`,
		`{path: ["thing"], operator: NotEqual, valueText: "product p2"}`, `{path: ["title"]`, "operator: And"} {
		if !strings.Contains(q, part) {
			t.Errorf("no %q in %s", part, q)
		}
	}
}

// What an index refuses an engine refuses, and what an engine cannot is said.
func TestSearchRefused(t *testing.T) {
	f, _, ix := opened(t)
	for name, c := range map[string]struct {
		q      serve.Query
		answer string
		is     error
	}{
		"no category": {serve.Query{Category: "Cars"}, answered, serve.ErrNoCategory},
		"no column":   {serve.Query{Fields: map[string]string{"weight": "1"}}, answered, serve.ErrNoField},
		"a path":      {serve.Query{Fields: map[string]string{"path": "/x/1.jpg"}}, answered, serve.ErrNoField},
		"no product": {serve.Query{Fields: map[string]string{"product": "x"}}, `{"data": {"Get": {"Photo": []}}}`,
			serve.ErrNoField},
		"an error":     {serve.Query{}, `{"errors": [{"message": "no\nnode"}]}`, serve.ErrUnavailable},
		"no JSON":      {serve.Query{}, `{`, serve.ErrUnavailable},
		"another type": {serve.Query{}, `{"data": {"Get": {"Photo": 5}}}`, serve.ErrUnavailable},
		"a score of 2": {serve.Query{}, strings.ReplaceAll(answered, "0.25", "-1"), serve.ErrUnavailable},
	} {
		f.answer = c.answer
		c.q.Vector, c.q.K = []float32{0, 1}, 1
		_, err := snapshotOf(t, ix).Search(t.Context(), c.q)
		if !errors.Is(err, c.is) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	exact := serve.Query{Vector: []float32{0, 1}, K: 1, Exact: true}
	if _, err := snapshotOf(t, ix).Search(t.Context(), exact); err == nil {
		t.Error("an exact search")
	}
}

// Photos are looked up with all that an index knows of them, are put and removed, and are of the index they were.
func TestPhotos(t *testing.T) {
	f, e, ix := opened(t)
	s := snapshotOf(t, ix)
	p, err := s.Photo(t.Context(), "ä/003")
	want := local.PhotoOf(entry(3, "Title 3").Photo)
	if err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%+v, not %+v: %v", p, want, err)
	}
	if v, err := s.Vector(t.Context(), "ä/003"); err != nil || !reflect.DeepEqual(v, entry(3, "").Vector) {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := s.Photo(t.Context(), "none"); !errors.Is(err, serve.ErrNoPhoto) {
		t.Error(err)
	}
	if i := s.Info(); i.Photos != 20 || i.Dim != 2 || i.Name != "shop" || i.Products == 0 {
		t.Errorf("%+v", i)
	}
	if list, err := s.Categories(t.Context()); err != nil || len(list) != 3 || list[0] != (serve.Category{Path: "Cups",
		Photos: 7}) {
		t.Errorf("%v, %v", list, err)
	}
	state := s.Info().State
	for _, created := range []bool{true, false} {
		got, err := ix.Put(t.Context(), serve.Photo{ID: "new"}, []float32{0, 1})
		if err != nil || got != created {
			t.Errorf("%v, %v", got, err)
		}
	}
	if err := ix.Remove(t.Context(), "new"); err != nil || len(f.photos()) != 20 {
		t.Error(err)
	}
	if err := ix.Remove(t.Context(), "ä/001", "new"); !errors.Is(err, serve.ErrNoPhoto) || len(f.photos()) != 20 {
		t.Error(err)
	}
	if now := snapshotOf(t, ix).Info().State; now != state+3 {
		t.Errorf("state %d after %d", now, state)
	}
	// Another index in the class.
	ix.read = ix.read.Add(-oldest)
	if _, err := pushing(t, t.Context(), e, shop(t, 20, "two"), true); err != nil {
		t.Fatal(err)
	}
	if _, err := ix.Snapshot(); !errors.Is(err, ErrOther) || !errors.Is(err, serve.ErrUnavailable) {
		t.Error(err)
	}
	delete(f.objects, "PhotoAbout/"+aboutID.String())
	if _, err := Open(t.Context(), e); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	f.Server.Close()
	if _, err := Open(t.Context(), e); !errors.Is(err, serve.ErrUnavailable) {
		t.Error(err)
	}
}
