package shards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
)

// soon waits for what happens in the background.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatal("not in half a minute: ", what)
		}
	}
}

// without is what one index of the shards but one finds.
func without(t *testing.T, parts [][]index.Entry, left int) *local.Index {
	t.Helper()
	var list []index.Entry
	for i, p := range parts {
		if i != left {
			list = append(list, p...)
		}
	}
	ix, err := local.Open(made(t, list, tiny), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return ix
}

// fault answers in a shard's place, where it returns true.
type fault = func(http.ResponseWriter, *http.Request) bool

// leftOut searches while the second of three shards fails so: the answer is the others', the shard is named, the log
// says why, and it is taken in again.
func leftOut(t *testing.T, c *cluster, others *local.Index, vector []float32, name string, f fault, say string) {
	t.Helper()
	bad, s, q := c.servers[1], snapshotOf(t, c), serve.Query{Vector: vector, K: 20, Exact: true}
	bad.failing(func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Path == "/v1/shard/search" && f(w, r)
	})
	got, err := s.Search(t.Context(), q)
	want, _ := snapshotOf(t, others).Search(t.Context(), q)
	if a, b := shown(got, err), shown(want, nil); a != b {
		t.Errorf("%s: %s, not %s", name, a, b)
	}
	if m := missing(s); len(m) != 1 || m[0] != bad.Listener.Addr().String() {
		t.Errorf("%s: missing %v", name, m)
	}
	if !strings.Contains(c.logged(), say) {
		t.Errorf("%s: no %q in %s", name, say, c.logged())
	}
	c.mu.Lock()
	c.lines = nil
	c.mu.Unlock()
	bad.failing(nil)
	soon(t, name+": it is searched again", func() bool { return missing(snapshotOf(t, c)) == nil })
}

// A shard that answers too late is left out like one that fails.
func TestSlow(t *testing.T) {
	for name, f := range map[string]fault{
		"to begin": func(w http.ResponseWriter, r *http.Request) bool {
			io.Copy(io.Discard, r.Body) // then the server sees that the client leaves
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
			return true
		},
		"to end": func(w http.ResponseWriter, r *http.Request) bool {
			io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, `{"products": [`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := catalogue(200, 7)
			parts := cut(list, 3)
			c := clusterOf(t, parts, Options{Timeout: 3 * time.Second})
			leftOut(t, c, without(t, parts, 1), list[5].Vector, name, f, "does not answer in time")
		})
	}
}

// However a shard fails, it is named, the others' answer is whole, and it is taken in again when it answers again.
func TestFaults(t *testing.T) {
	t.Parallel()
	list := catalogue(200, 7)
	parts := cut(list, 3)
	c := clusterOf(t, parts, Options{})
	bad, others := c.servers[1], without(t, parts, 1)
	change := func(f func(map[string]any)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			got := httptest.NewRecorder()
			bad.served.ServeHTTP(got, r)
			var v map[string]any
			if json.Unmarshal(got.Body.Bytes(), &v) != nil {
				return false
			}
			f(v)
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(v)
			return true
		}
	}
	first := func(v map[string]any) map[string]any {
		hits, _ := v["products"].([]any)
		if len(hits) == 0 {
			return map[string]any{}
		}
		return hits[0].(map[string]any)
	}
	text := func(status int, kind, say string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			fmt.Fprint(w, say)
			return true
		}
	}
	for name, fault := range map[string]struct {
		f   fault
		say string
	}{
		"hung up":          {func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, "cut off"},
		"malformed":        {text(200, "application/json", `{"products": [}`), "cannot be read"},
		"another type":     {text(200, "application/json", `{"index": 5}`), "cannot be read"},
		"a page":           {text(200, "text/html", "<html>"), "cannot be read"},
		"another server":   {text(500, "text/plain", "oops"), "no server of this program"},
		"a redirect":       {text(302, "text/plain", ""), "no server of this program"},
		"stopping":         {text(503, "application/problem+json", `{"detail": "it stops"}`), "it stops"},
		"too many":         {text(429, "application/problem+json", `{"detail": "too many"}`), "too many"},
		"another token":    {text(401, "application/problem+json", `{"detail": "no"}`), "asks for a token"},
		"another index":    {change(func(v map[string]any) { v["index"] = "other" }), "another index"},
		"a score of 2":     {change(func(v map[string]any) { first(v)["score"] = 2 }), "no cosine"},
		"no order":         {change(func(v map[string]any) { first(v)["score"] = -1 }), "no cosine"},
		"no id":            {change(func(v map[string]any) { first(v)["photo"] = "" }), "no ids"},
		"too many results": {change(func(v map[string]any) { v["products"] = make([]map[string]int, 30) }), "30 products"},
	} {
		leftOut(t, c, others, list[5].Vector, name, fault.f, fault.say)
	}
	// A vector of another dimension, where photos are looked up.
	bad.failing(func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Path == "/v1/shard/photos" && change(func(v map[string]any) {
			if photos, ok := v["photos"].([]any); ok {
				photos[0].(map[string]any)["vector"] = "AAAA"
			}
		})(w, r)
	})
	for _, e := range parts[1][:5] {
		soon(t, "it is asked again", func() bool { return missing(snapshotOf(t, c)) == nil })
		if _, err := snapshotOf(t, c).Vector(t.Context(), e.ID); !errors.Is(err, serve.ErrUnavailable) {
			t.Error(err)
		}
	}
}

// A shard that is killed is left out at once from then on, with or without changes; whether a photo is new is not
// guessed; all killed is an error; one that comes back is taken in again.
func TestKilled(t *testing.T) {
	t.Parallel()
	list := catalogue(200, 9)
	parts := cut(list, 3)
	c := clusterOf(t, parts, Options{})
	front := frontOf(t, c, nil)
	dead := func(w http.ResponseWriter, r *http.Request) bool { panic(http.ErrAbortHandler) }
	c.servers[2].failing(dead)
	others := without(t, parts, 2)
	rng := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		q := randomQuery(rng, list)
		want, err := snapshotOf(t, others).Search(t.Context(), q)
		s := snapshotOf(t, c)
		got, failed := s.Search(t.Context(), q)
		if err != nil { // the shard that is missing may have what a filter names
			if failed != nil || len(got.Products) > 0 {
				t.Errorf("%v, %v", got, failed)
			}
			continue
		}
		if a, b := shown(got, failed), shown(want, err); a != b || len(missing(s)) != 1 {
			t.Errorf("%+v: %s, not %s", q, a, b)
		}
	}
	if _, err := snapshotOf(t, c).Photo(t.Context(), "none"); !errors.Is(err, serve.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := snapshotOf(t, c).Photo(t.Context(), parts[0][0].ID); err != nil {
		t.Error(err)
	}
	status, v := asked(t, front, formOf("POST", "/v1/search", "id", parts[0][0].ID))
	if m, _ := v["missing"].([]any); status != 200 || len(m) != 1 {
		t.Errorf("%d %v", status, v)
	}
	status, v = asked(t, front, httptest.NewRequest("GET", "/", nil))
	if page := fmt.Sprint(v["text"]); status != 200 || !strings.Contains(page, "A part of the catalogue does not answer") {
		t.Errorf("%d %s", status, page)
	}
	put := func() *http.Request { return formOf("PUT", "/v1/photos/new", "photo", jpegOf(colours[0])) }
	status, v = asked(t, front, put())
	if status != 503 || !strings.Contains(fmt.Sprint(v["detail"]), "nothing was changed") {
		t.Errorf("%d %v", status, v)
	}
	known := parts[1][0]
	status, v = asked(t, front, formOf("PUT", "/v1/photos/"+pathOf(known.ID), "photo", jpegOf(colours[0])))
	if status != 200 {
		t.Errorf("%d %v", status, v)
	}
	for _, s := range c.servers {
		s.failing(dead)
	}
	for _, path := range []string{"/readyz", "/v1/index", "/v1/photos/x"} {
		soon(t, path, func() bool {
			status, v = asked(t, front, httptest.NewRequest("GET", path, nil))
			return status == 503
		})
	}
	if !strings.Contains(fmt.Sprint(v["detail"]), "none of the shards answers") {
		t.Error(v)
	}
	for _, s := range c.servers {
		s.failing(nil)
	}
	soon(t, "all are back", func() bool { s, err := c.Snapshot(); return err == nil && missing(s) == nil })
	if status, v := asked(t, front, put()); status != 201 {
		t.Errorf("%d %v", status, v)
	}
}

// Searches beside photos that are put and removed: each acknowledged change is found by the searches after it.
func TestChangesBesideSearches(t *testing.T) {
	t.Parallel()
	list := catalogue(150, 11)
	c := clusterOf(t, cut(list, 3), Options{})
	front := frontOf(t, c, nil)
	var writing, reading sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for w := range 3 {
		writing.Go(func() {
			for i := range 8 {
				id := fmt.Sprintf("new-%d-%d", w, i)
				photo := jpegOf(colours[(w+i)%len(colours)])
				status, v := asked(t, front, formOf("PUT", "/v1/photos/"+id, "photo", photo, "product", id))
				if status != 201 {
					t.Errorf("%d %v", status, v)
				}
				status, v = asked(t, front, formOf("POST", "/v1/search", "photo", photo, "k", 100, "exact", 1))
				if status != 200 || !strings.Contains(fmt.Sprint(v["products"]), id+" ") {
					t.Errorf("%s was put and is not found: %d", id, status)
				}
				if i%2 == 0 {
					continue
				}
				if status, v = asked(t, front, httptest.NewRequest("DELETE", "/v1/photos/"+id, nil)); status != 204 {
					t.Errorf("%d %v", status, v)
				}
				if status, _ = asked(t, front, httptest.NewRequest("GET", "/v1/photos/"+id, nil)); status != 404 {
					t.Errorf("%s was removed and is there: %d", id, status)
				}
			}
		})
	}
	for range 3 {
		reading.Go(func() {
			last := 0.0
			for ctx.Err() == nil {
				status, v := asked(t, front, formOf("POST", "/v1/search", "id", list[0].ID, "k", 20))
				state, _ := v["state"].(float64)
				if status != 200 || v["missing"] != nil || state < last {
					t.Errorf("%d %v after state %v", status, v, last)
					return
				}
				last = state
			}
		})
	}
	writing.Wait()
	stop()
	reading.Wait()
	if i := snapshotOf(t, c).Info(); i.Photos != len(list)+12 {
		t.Errorf("%d photos", i.Photos)
	}
}
