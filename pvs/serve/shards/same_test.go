package shards

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
)

// shown is an answer without what only the server with the files knows.
func shown(f serve.Found, err error) string {
	if err != nil {
		return fmt.Sprint(err, errors.Is(err, serve.ErrNoCategory), errors.Is(err, serve.ErrNoField))
	}
	out := ""
	for _, h := range f.Products {
		h.Photo.Path, h.Photo.Digest = "", ""
		out += fmt.Sprintf("%v %v\n", h.Score, h.Photo)
	}
	return out
}

// randomQuery is one of any kind.
func randomQuery(rng *rand.Rand, list []index.Entry) serve.Query {
	q := serve.Query{K: []int{1, 2, 10, 50, 200}[rng.IntN(5)], Exact: true, Vector: list[rng.IntN(len(list))].Vector}
	if rng.IntN(2) == 0 {
		q.Vector = randomVector(rng, q.Vector, 0.2)
	}
	if rng.IntN(2) == 0 {
		q.Category = []string{"Cups", "Cups > Mugs", "Plates > Deep", "Plates > Deep > White", "Cars", "Cup"}[rng.IntN(6)]
	}
	q.Fields = []map[string]string{nil, nil, nil, {"colour": "red"}, {"colour": "green"}, {"rare": "yes"}, {"weight": "1"},
		{"colour": "red", "rare": "yes"}, {"product": list[0].Product}, {"product": "none"}, {"path": "x"},
		{"title": list[0].Title}}[rng.IntN(12)]
	if rng.IntN(3) == 0 {
		score := []float64{0, 0.5, -1, 1, 0.97}[rng.IntN(5)]
		q.MinScore = &score
	}
	for range rng.IntN(3) {
		q.Exclude = append(q.Exclude, list[rng.IntN(len(list))].Product)
	}
	q.Exclude = slices.DeleteFunc(q.Exclude, func(p string) bool { return p == "" })
	return q
}

// However a catalogue is cut, the shards answer as one index of all of it does: to the last id and score, errors
// included.
func TestSameAsOne(t *testing.T) {
	t.Parallel()
	list := catalogue(500, 1)
	one, err := local.Open(made(t, list, tiny), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	for _, n := range []int{1, 2, 3, 5} {
		parts := cut(list, n)
		if n == 3 { // nobody holds to the digest
			parts = [][]index.Entry{list[:30], list[30:31], list[31:]}
		}
		c := clusterOf(t, parts, Options{})
		c.pageOfIDs = 17
		rng := rand.New(rand.NewPCG(uint64(n), 2))
		found := 0
		for i := range 150 {
			q := randomQuery(rng, list)
			want, err := snapshotOf(t, one).Search(t.Context(), q)
			got, failed := snapshotOf(t, c).Search(t.Context(), q)
			if a, b := shown(want, err), shown(got, failed); a != b {
				t.Fatalf("%d shards, query %d %+v:\n%s, not\n%s", n, i, q, b, a)
			}
			found += len(got.Products)
		}
		if found < 400 {
			t.Errorf("%d products are too few to compare", found)
		}
		a, b := snapshotOf(t, one), snapshotOf(t, c)
		for _, e := range list {
			p, err := a.Photo(t.Context(), e.ID)
			q, failed := b.Photo(t.Context(), e.ID)
			v, _ := b.Vector(t.Context(), e.ID)
			if err != nil || failed != nil || !reflect.DeepEqual(p, q) || !slices.Equal(v, e.Vector) {
				t.Fatalf("%+v, %v; %+v, %v", p, err, q, failed)
			}
			if e.Product == "" {
				continue
			}
			ps, err := a.Product(t.Context(), e.Product)
			qs, failed := b.Product(t.Context(), e.Product)
			if err != nil || failed != nil || !reflect.DeepEqual(ps, qs) {
				t.Fatalf("%+v, %v; %+v, %v", ps, err, qs, failed)
			}
		}
		cs, _ := a.Categories(t.Context())
		ds, _ := b.Categories(t.Context())
		if !slices.Equal(cs, ds) {
			t.Errorf("%v, not %v", ds, cs)
		}
		if i, j := a.Info(), b.Info(); i.Photos != j.Photos || i.Products != j.Products || i.Dim != j.Dim || j.Estimated ||
			i.Name != j.Name || i.Network != j.Network {
			t.Errorf("%+v, not %+v", j, i)
		}
		for _, err := range []error{second(b.Photo(t.Context(), "none")), second(b.Vector(t.Context(), "none"))} {
			if !errors.Is(err, serve.ErrNoPhoto) {
				t.Error(err)
			}
		}
		if _, err := b.Product(t.Context(), "none"); !errors.Is(err, serve.ErrNoProduct) {
			t.Error(err)
		}
		if m := missing(b); m != nil {
			t.Error(m)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// By candidates instead of all vectors, shards find what one index finds, or more.
func TestCandidates(t *testing.T) {
	t.Parallel()
	list := catalogue(3000, 3)
	c := clusterOf(t, cut(list, 4), Options{})
	rng := rand.New(rand.NewPCG(1, 1))
	all, found := 0, 0
	for range 100 {
		q := serve.Query{K: 10, Exact: true, Vector: randomVector(rng, list[rng.IntN(len(list))].Vector, 0.1)}
		s := snapshotOf(t, c)
		want, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		q.Exact = false
		got, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range want.Products {
			all++
			if slices.ContainsFunc(got.Products, func(x serve.Hit) bool { return x.Photo.ID == h.Photo.ID }) {
				found++
			}
		}
	}
	if float64(found) < 0.99*float64(all) {
		t.Errorf("%d of %d", found, all)
	}
}

// jpegOf is a photo of one colour.
func jpegOf(c color.RGBA) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 80, 60))
	for i := range m.Pix {
		m.Pix[i] = []uint8{c.R, c.G, c.B, 255}[i%4]
		if i%4 < 3 && i > len(m.Pix)/2 {
			m.Pix[i] /= 2
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// frontOf serves an index with the tiny network.
func frontOf(t testing.TB, ix serve.Index, files *serve.Files) *serve.Server {
	t.Helper()
	s, err := serve.New(serve.Options{Index: ix, Embedder: tiny, Files: files, Log: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// comparable leaves out states and calibrations, which are the shards' own.
func comparable(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"state", "name", "cutoff", "match", "missed", "mistaken", "recall_at_10", "bounds"} {
			delete(v, key)
		}
		for _, inside := range v {
			comparable(inside)
		}
	case []any:
		for _, inside := range v {
			comparable(inside)
		}
	}
}

// The same over HTTP, for photos that were put: answers, pictures, crops, changes.
func TestServer(t *testing.T) {
	t.Parallel()
	list := catalogue(120, 5)
	one := serving(t, made(t, list, tiny), tiny, "").served
	c := clusterOf(t, cut(list, 3), Options{Token: "a token of the shards"})
	front := frontOf(t, c, nil)
	both := func(what string, make func() *http.Request, status int) map[string]any {
		t.Helper()
		a, want := asked(t, one, make())
		b, got := asked(t, front, make())
		comparable(want)
		comparable(got)
		if a != status || b != status || !reflect.DeepEqual(want, got) {
			t.Errorf("%s: %d %v, not %d %v", what, b, got, a, want)
		}
		return got
	}
	for i, col := range []color.RGBA{{200, 0, 0, 255}, {0, 200, 0, 255}, {0, 0, 200, 255}, {200, 200, 0, 255}} {
		id := fmt.Sprintf("put/%d ü", i)
		put := func() *http.Request {
			return formOf("PUT", "/v1/photos/"+url.PathEscape(id), "photo", jpegOf(col), "product", "new", "category",
				"Cups > New", "field", "colour=gold", "title", "T")
		}
		both("put", put, 201)
		both("put again", put, 200)
		at := fmt.Sprintf("%s&side=480", url.QueryEscape(id))
		first := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/image?id="+at, nil)
		r.Host = "localhost"
		front.ServeHTTP(first, r)
		if first.Code != 200 || first.Header().Get("Content-Type") != "image/jpeg" || first.Header().Get("ETag") == "" {
			t.Errorf("%d %v", first.Code, first.Header())
		}
		again := httptest.NewRecorder()
		r.Header.Set("If-None-Match", first.Header().Get("ETag"))
		front.ServeHTTP(again, r)
		if again.Code != 304 || again.Body.Len() > 0 {
			t.Errorf("%d with %d bytes", again.Code, again.Body.Len())
		}
	}
	of := snapshotOf(t, c).(*snapshot)
	for _, id := range []string{"put/0 ü", "put/1 ü"} {
		if h, err := of.find(t.Context(), id); err != nil || h.in.number != catalog.PartOf(id, 3).Number-1 {
			t.Errorf("%s was put elsewhere: %v", id, err)
		}
	}
	time.Sleep(2 * time.Second) // what an index says of itself as a whole may be as old as that
	photo := jpegOf(color.RGBA{180, 40, 20, 255})
	other := url.PathEscape(list[3].Product)
	for what, make := range map[string]func() *http.Request{
		"search": func() *http.Request { return formOf("POST", "/v1/search", "photo", photo, "exact", "true") },
		"by id":  func() *http.Request { return formOf("POST", "/v1/search", "id", list[7].ID, "exact", "true", "k", 30) },
		"crop": func() *http.Request {
			return formOf("POST", "/v1/search", "photo", photo, "crop", "0,0,1,0.4", "exact", "true")
		},
		"by crop": func() *http.Request {
			return formOf("POST", "/v1/search", "id", "put/2 ü", "crop", "0,0,1,0.4", "exact", "1")
		},
		"filters": func() *http.Request {
			return formOf("POST", "/v1/search", "photo", photo, "exact", "true", "category", "Cups", "filter", "colour=red")
		},
		"refined": func() *http.Request {
			return formOf("POST", "/v1/search", "photo", photo, "exact", "true", "positive", list[1].ID, "negative", list[50].ID)
		},
		"similar": func() *http.Request { return httptest.NewRequest("GET", "/v1/products/"+other+"/similar", nil) },
		"product": func() *http.Request { return httptest.NewRequest("GET", "/v1/products/new", nil) },
		"photo": func() *http.Request {
			return httptest.NewRequest("GET", "/v1/photos/"+url.PathEscape("put/1 ü"), nil)
		},
		"categories":  func() *http.Request { return httptest.NewRequest("GET", "/v1/categories", nil) },
		"index":       func() *http.Request { return httptest.NewRequest("GET", "/v1/index", nil) },
		"batch of id": func() *http.Request { return formOf("POST", "/v1/search/batch", "id", list[9].ID, "exact", "true") },
	} {
		both(what, make, 200)
	}
	for what, make := range map[string]func() *http.Request{
		"no category": func() *http.Request { return formOf("POST", "/v1/search", "photo", photo, "category", "Cars") },
		"no photo":    func() *http.Request { return formOf("POST", "/v1/search", "id", "none") },
		"no picture":  func() *http.Request { return httptest.NewRequest("GET", "/image?id=none&side=480", nil) },
		"no product":  func() *http.Request { return httptest.NewRequest("GET", "/v1/products/none", nil) },
		"delete none": func() *http.Request { return httptest.NewRequest("DELETE", "/v1/photos/none", nil) },
		"no file": func() *http.Request {
			return httptest.NewRequest("GET", "/image?side=480&id="+url.QueryEscape(list[0].ID), nil)
		},
	} {
		both(what, make, 404)
	}
	gone := func() *http.Request {
		return httptest.NewRequest("DELETE", "/v1/photos/"+url.PathEscape("put/0 ü"), nil)
	}
	both("delete", gone, 204)
	both("delete again", gone, 404)
	both("a line break in an id", func() *http.Request {
		return formOf("PUT", "/v1/photos/a%0Ab", "photo", photo)
	}, 400)
}
