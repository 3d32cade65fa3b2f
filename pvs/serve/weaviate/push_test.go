package weaviate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// shop makes an index of n photos, two of a product, and every fifth of none.
func shop(t *testing.T, n int, network string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop.index")
	_, err := index.Create(t.Context(), dir, index.Options{Dim: 2, Origin: &vectors.Origin{Network: network}},
		func(yield func(index.Entry, error) bool) {
			for i := range n {
				if !yield(entry(i, fmt.Sprint("Title ", i)), nil) {
					return
				}
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func entry(i int, title string) index.Entry {
	angle := float64(i)
	e := index.Entry{Photo: index.Photo{ID: fmt.Sprintf("ä/%03d", i), Product: fmt.Sprint("p", i/2),
		Category: catalog.Category([]string{"Cups > Mugs", "Plates", ""}[i%3]), Title: title,
		Path: fmt.Sprintf("/x/%d.jpg", i), Fields: map[string]string{"colour=x": "red=1", "size": "s"}},
		Vector: []float32{float32(math.Cos(angle)), float32(math.Sin(angle))}}
	if i%5 == 0 {
		e.Product, e.Fields = "", nil
	}
	return e
}

func connected(t *testing.T, urls ...string) *Engine {
	t.Helper()
	e, err := Connect(urls, Options{Pause: time.Millisecond, Timeout: 30 * time.Second, Copies: 3, Parts: 2})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func pushing(t *testing.T, ctx context.Context, e *Engine, dir string, anew bool) (*Pushed, error) {
	t.Helper()
	ix, err := index.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	return e.Push(ctx, s, PushOptions{Index: ix.Name(), Name: "shop", Anew: anew})
}

// A push sends all photos once, then what has changed, then nothing.
func TestPush(t *testing.T) {
	f, dir := newFake(t), shop(t, 50, "one")
	e := connected(t, f.URL)
	done, err := pushing(t, t.Context(), e, dir, false)
	if err != nil || *done != (Pushed{Photos: 50, Added: 50}) || f.sent != 51 {
		t.Fatalf("%+v, %v, %d sent", done, err, f.sent)
	}
	c := f.classes["Photo"]
	if fmt.Sprint(c["replicationConfig"]) != "map[asyncEnabled:true factor:3]" ||
		!strings.Contains(fmt.Sprint(c["vectorIndexConfig"]), "rq:map[bits:8") || c["vectorizer"] != "none" {
		t.Errorf("%v", c)
	}
	if done, err = pushing(t, t.Context(), e, dir, false); err != nil || *done != (Pushed{Photos: 50}) {
		t.Errorf("%+v, %v", done, err)
	}
	w, err := index.OpenWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	moved := entry(7, "Title 7")
	moved.Vector = []float32{0, 1}
	_, err = w.Apply(t.Context(), index.Change{Put: []index.Entry{entry(3, "Another"), moved, entry(50, "New")},
		Remove: []string{"ä/001", "ä/002"}})
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	f.sent = 0
	done, err = pushing(t, t.Context(), e, dir, false)
	if err != nil || *done != (Pushed{Photos: 49, Added: 1, Changed: 2, Removed: 2}) || f.sent != 4 {
		t.Errorf("%+v, %v, %d sent", done, err, f.sent)
	}
	if ids := f.photos(); len(ids) != 49 || slices.Contains(ids, "ä/001") {
		t.Errorf("%v", ids)
	}
}

// What an engine does not take at once is sent again, to another machine; an interrupted push goes on.
func TestPushAgain(t *testing.T) {
	f, dir := newFake(t), shop(t, 50, "one")
	gone := newFake(t)
	gone.Server.Close()
	e := connected(t, gone.URL, f.URL)
	f.refuse["ä/007"], f.refuse["ä/008"] = "not enough copies", "not enough copies"
	if done, err := pushing(t, t.Context(), e, dir, false); err != nil || done.Added != 50 || len(f.photos()) != 50 {
		t.Errorf("%+v, %v", done, err)
	}
	f.objects = map[string]map[string]any{}
	batches := 0
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/v1/batch") {
			batches++
		}
		if batches == 2 {
			stop()
		}
		return batches >= 2
	}
	few := connected(t, f.URL)
	few.batch = 10
	if _, err := pushing(t, ctx, few, dir, false); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	f.fault = nil
	done, err := pushing(t, t.Context(), few, dir, false)
	if err != nil || *done != (Pushed{Photos: 50, Added: 40}) {
		t.Errorf("%+v, %v", done, err)
	}
}

// What is wrong with an engine is one sentence, and nothing is changed.
func TestRefused(t *testing.T) {
	dir, other := shop(t, 20, "one"), shop(t, 20, "two")
	same := shop(t, 20, "one")
	message := func(status int, say string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != "POST" {
				return false
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error": [{"message": %q}]}`, say)
			return true
		}
	}
	for name, bad := range map[string]struct {
		before func(f *fake, e *Engine)
		dir    string
		say    string
		is     error
	}{
		"down":  {func(f *fake, e *Engine) { f.Server.Close() }, dir, "the engine does not answer", serve.ErrUnavailable},
		"error": {func(f *fake, e *Engine) { f.fault = message(500, "oops\nhere") }, dir, "oops here", serve.ErrUnavailable},
		"full": {func(f *fake, e *Engine) { f.fault = message(422, "store is read-only") }, dir, "is full",
			serve.ErrFull},
		"a full shard": {func(f *fake, e *Engine) { f.refuse["ä/003"] = "store is read-only" }, dir, "is full",
			serve.ErrFull},
		"refused": {func(f *fake, e *Engine) { f.fault = message(422, "bad class") }, dir, "refuses: bad class", nil},
		"a class of others": {func(f *fake, e *Engine) {
			f.classes["Photo"] = map[string]any{"class": "Photo", "description": "ours"}
		}, dir, "was not made by this program", ErrSchema},
		"a newer schema": {func(f *fake, e *Engine) {
			f.classes["Photo"] = map[string]any{"class": "Photo", "description": `{"pvs": 2}`}
		}, dir, "the schema 2", ErrSchema},
		"another schema": {func(f *fake, e *Engine) {
			f.classes["Photo"] = map[string]any{"class": "Photo", "description": `{"pvs": 1}`}
		}, dir, "lacks the property", ErrSchema},
		"another network": {func(f *fake, e *Engine) {
			if _, err := pushing(t, t.Context(), e, dir, false); err != nil {
				t.Error(err)
			}
		}, other, "cannot be compared", ErrOther},
		"another index": {func(f *fake, e *Engine) {
			if _, err := pushing(t, t.Context(), e, dir, false); err != nil {
				t.Error(err)
			}
		}, same, "holds another index", ErrOther},
		"no JSON": {func(f *fake, e *Engine) {
			f.fault = func(w http.ResponseWriter, r *http.Request) bool { fmt.Fprint(w, "<html>"); return true }
		}, dir, "cannot be read", serve.ErrUnavailable},
	} {
		f := newFake(t)
		e := connected(t, f.URL)
		bad.before(f, e)
		had := len(f.objects)
		_, err := pushing(t, t.Context(), e, bad.dir, false)
		if err == nil || !strings.Contains(err.Error(), bad.say) || strings.Contains(err.Error(), "\n") ||
			bad.is != nil && !errors.Is(err, bad.is) {
			t.Errorf("%s: %v, not %q", name, err, bad.say)
		}
		if name != "a full shard" && len(f.objects) != had {
			t.Errorf("%s: %d objects, not %d", name, len(f.objects), had)
		}
	}
	f := newFake(t)
	e := connected(t, f.URL)
	for _, d := range []string{dir, other} {
		if done, err := pushing(t, t.Context(), e, d, true); err != nil || done.Added != 20 {
			t.Errorf("anew: %+v, %v", done, err)
		}
	}
	f.classes["Photo"]["description"] = "ours"
	if _, err := pushing(t, t.Context(), e, dir, true); !errors.Is(err, ErrSchema) || len(f.photos()) != 20 {
		t.Errorf("a class of others is not removed: %v", err)
	}
	for _, urls := range [][]string{nil, {"10.0.0.1"}, {"http://10.0.0.1/x"}} {
		if _, err := Connect(urls, Options{}); err == nil {
			t.Error(urls)
		}
	}
	if _, err := Connect([]string{"http://10.0.0.1"}, Options{Class: "photo"}); err == nil {
		t.Error("a class in small letters")
	}
}
