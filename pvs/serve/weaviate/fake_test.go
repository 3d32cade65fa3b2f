package weaviate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fake is as much of Weaviate as is asked for here, in memory. The real one is tried by docs/engine.sh.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	classes map[string]map[string]any
	objects map[string]map[string]any // by class and key
	fault   func(w http.ResponseWriter, r *http.Request) bool
	refuse  map[string]string // photos that a batch does not take, and why; once
	sent    int               // photos that came
	queries []string          // GraphQL
	answer  string            // to it
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{classes: map[string]map[string]any{}, objects: map[string]map[string]any{}, refuse: map[string]string{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault != nil && f.fault(w, r) {
		return
	}
	var body map[string]any
	json.NewDecoder(r.Body).Decode(&body)
	send := func(v any) { json.NewEncoder(w).Encode(v) }
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	switch key := strings.Join(parts[1:], "/"); {
	case parts[0] == "schema" && r.Method == "POST":
		f.classes[body["class"].(string)] = body
		send(body)
	case parts[0] == "schema" && r.Method == "DELETE":
		delete(f.classes, key)
		for k, o := range f.objects {
			if o["class"] == key {
				delete(f.objects, k)
			}
		}
	case parts[0] == "schema" && f.classes[key] != nil:
		send(f.classes[key])
	case parts[0] == "batch" && r.Method == "POST":
		f.batch(body, send, r)
	case parts[0] == "batch":
		where := body["match"].(map[string]any)["where"].(map[string]any)
		for _, id := range where["valueTextArray"].([]any) {
			delete(f.objects, "Photo/"+uuidOf(id.(string)).String())
		}
		send(map[string]any{"results": map[string]int{"failed": 0}})
	case parts[0] == "objects" && len(parts) == 3 && f.objects[key] != nil:
		send(f.objects[key])
	case parts[0] == "objects" && len(parts) == 1:
		f.page(send, r)
	case parts[0] == "graphql":
		f.queries = append(f.queries, body["query"].(string))
		fmt.Fprint(w, f.answer)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// batch takes photos, all but those that are refused.
func (f *fake) batch(body map[string]any, send func(any), r *http.Request) {
	var answers []map[string]any
	for _, o := range body["objects"].([]any) {
		o := o.(map[string]any)
		photo, _ := o["properties"].(map[string]any)["photo"].(string)
		result := map[string]any{"status": "SUCCESS"}
		if why, no := f.refuse[photo]; no {
			delete(f.refuse, photo)
			result = map[string]any{"status": "FAILED", "errors": map[string]any{"error": []any{map[string]any{"message": why}}}}
		} else {
			f.objects[o["class"].(string)+"/"+o["id"].(string)] = o
			f.sent++
		}
		answers = append(answers, map[string]any{"id": o["id"], "result": result})
	}
	if r.URL.Query().Get("consistency_level") != "QUORUM" {
		panic("photos are written without a quorum")
	}
	send(answers)
}

// page lists objects behind a key.
func (f *fake) page(send func(any), r *http.Request) {
	class, after := r.URL.Query().Get("class"), r.URL.Query().Get("after")
	var keys []string
	for key, o := range f.objects {
		if o["class"] == class && o["id"].(string) > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	list := []any{}
	for _, key := range keys[:min(len(keys), 7)] {
		list = append(list, f.objects[key])
	}
	send(map[string]any{"objects": list})
}

// photos lists what the fake holds.
func (f *fake) photos() (ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.objects {
		if o["class"] == "Photo" {
			ids = append(ids, o["properties"].(map[string]any)["photo"].(string))
		}
	}
	slices.Sort(ids)
	return ids
}
