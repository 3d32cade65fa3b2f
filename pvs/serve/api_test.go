package serve

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A photo finds its product first, as each of the ways to ask for it does.
func TestSearch(t *testing.T) {
	s := openShop(t, nil)
	for _, c := range []struct {
		name  string
		parts []any
		first string // products in order, or the first of them
		match bool
	}{
		{"photo", []any{"@photo", plain(red, white)}, "red ", true},
		{"k", []any{"@photo", plain(red, white), "k", 1}, "red", true},
		{"category", []any{"@photo", plain(red, white), "category", "Plates"}, "blue loose", false},
		{"category above", []any{"@photo", plain(green, white), "category", "Cups"}, "green red", true},
		{"filter", []any{"@photo", plain(green, white), "filter", "size=s"}, "red", false},
		{"least score", []any{"@photo", plain(green, white), "min_score", 0.99}, "green", true},
		{"least score of 0", []any{"@photo", plain(green, black), "min_score", 0, "k", 200}, "", false},
		{"crop", []any{"@photo", plain(blue, red), "crop", "0.3,0.3,0.4,0.4", "k", 1}, "blue", false},
		{"id", []any{"id", "red-1"}, "", false},
		{"positive alone", []any{"positive", "blue-1", "k", 1}, "blue", true},
		{"positive", []any{"@photo", plain(red, white), "positive", "blue-1", "k", 2}, "red blue", false},
		{"negative", []any{"@photo", plain(red, white), "negative", "red/2", "k", 200}, "", false},
		{"exact", []any{"@photo", plain(red, white), "exact", "true", "k", 1}, "red", true},
		{"empty texts", []any{"@photo", plain(red, white), "id", "", "crop", "", "category", "", "k", ""}, "red ", true},
	} {
		var a searchAnswer
		s.answers(t, form("POST", "/v1/search", c.parts...), 200, &a)
		if !strings.HasPrefix(names(a), c.first) || c.match && !a.Match {
			t.Errorf("%s: %s (match %v), want %s (%v)", c.name, names(a), a.Match, c.first, c.match)
		}
		if (c.name == "id" || c.name == "negative") && strings.Contains(names(a), "red") {
			t.Errorf("%s: the product itself is in %s", c.name, names(a))
		}
		if a.State != 5 || a.Cutoff != 0.9 || a.Explain != nil {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
}

func TestExplain(t *testing.T) {
	s := openShop(t, nil)
	var a searchAnswer
	s.answers(t, form("POST", "/v1/search", "@photo", plain(red, white), "explain", "1"), 200, &a)
	var stages []string
	for _, st := range a.Explain.Stages {
		stages = append(stages, st.Stage)
	}
	if got := strings.Join(stages, " "); got != "slot decode crop prepare wait embed scan" || a.Explain.Candidates != 5 {
		t.Errorf("%s, %+v", got, a.Explain)
	}
}

// What cannot be answered is said in one sentence.
func TestRefused(t *testing.T) {
	s := openShop(t, func(o *Options) { o.MaxPixels = 5000 })
	photo := plain(red, white)
	for _, c := range []struct {
		parts  []any
		status int
		say    string
	}{
		{[]any{}, 400, "nothing to search for"},
		{[]any{"@photo", photo, "id", "red-1"}, 400, "not for both"},
		{[]any{"@photo", []byte("no photo")}, 422, "not an image"},
		{[]any{"@photo", []byte{}}, 400, "empty"},
		{[]any{"@photo", photo[:len(photo)/2]}, 422, "cut off"},
		{[]any{"@photo", framed(red, white, 100, 100)}, 422, "pixels"},
		{[]any{"@photo", framed(red, white, 4, 4)}, 422, "are the least"},
		{[]any{"@photo", photo, "crop", "0,0,0.01,0.01"}, 422, "the crop is"},
		{[]any{"@photo", photo, "crop", "1,2,3"}, 400, "crop must be"},
		{[]any{"@photo", photo, "crop", "0.5,0.5,0.6,0.6"}, 400, "crop must be"},
		{[]any{"@photo", photo, "k", 0}, 422, "k: expected number >= 1"},
		{[]any{"@photo", photo, "k", 201}, 422, "k: expected number <= 200"},
		{[]any{"@photo", photo, "k", "ten"}, 422, "k: invalid integer"},
		{[]any{"@photo", photo, "min_score", 2}, 422, "min_score"},
		{[]any{"@photo", photo, "min_score", "NaN"}, 400, "min_score is NaN"},
		{[]any{"@photo", photo, "filter", "size"}, 400, "colour=red"},
		{[]any{"@photo", photo, "filter", "size=s", "filter", "size=m"}, 400, "two values"},
		{[]any{"@photo", photo, "category", "Cars"}, 404, `no category "Cars"`},
		{[]any{"@photo", photo, "positive", "gone"}, 404, `no photo "gone"`},
		{[]any{"@photo", photo, "category", strings.Repeat("x", 501)}, 422, "category"},
		{[]any{"id", "gone"}, 404, `no photo "gone"`},
		{[]any{"positive", "red-1", "crop", "0,0,0.5,0.5"}, 400, "crop is of a photo"},
		{[]any{"@photo", photo, "@photo", photo}, 422, "Multiple files"},
	} {
		s.refuses(t, form("POST", "/v1/search", c.parts...), c.status, c.say)
	}
	r := get("/v1/search")
	r.Method = "POST"
	s.refuses(t, r, 415, "send a form")
	r = form("POST", "/v1/search", "id", "red-1")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=another")
	s.refuses(t, r, 400, "cut off")
	s.refuses(t, get("/v1/search"), 405, "takes POST only")
	s.refuses(t, get("/v1/nothing"), 404, "nothing at this address")
}

// Each of a batch has an answer or an error of its own.
func TestBatch(t *testing.T) {
	s := openShop(t, nil)
	var out struct{ Answers []batchItem }
	s.answers(t, form("POST", "/v1/search/batch", "@photo", plain(red, white), "@photo", []byte("none"), "@photo",
		plain(blue, white), "id", "gone", "id", "green-1", "k", 1), 200, &out)
	if len(out.Answers) != 5 {
		t.Fatalf("%d answers", len(out.Answers))
	}
	for i, want := range []string{"red", "422", "blue", "404", "red"} {
		item := out.Answers[i]
		switch {
		case item.Error != nil && item.Answer == nil:
			if got := jsonOf(item.Error.Status); got != want {
				t.Errorf("item %d: %s, not %s", i, got, want)
			}
		case item.Answer == nil || item.Error != nil:
			t.Errorf("item %d: %+v", i, item)
		case i != 4 && names(*item.Answer) != want:
			t.Errorf("item %d: %s, not %s", i, names(*item.Answer), want)
		}
	}
	s.refuses(t, form("POST", "/v1/search/batch", "k", 1), 400, "nothing to search for")
	var many []any
	for range maxBatch + 1 {
		many = append(many, "@photo", []byte("x"))
	}
	s.refuses(t, form("POST", "/v1/search/batch", many...), 400, "64 are the most")
}

func jsonOf(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// A photo that is put is found at once, one that is removed is not any more, and files come and go with them.
func TestChanges(t *testing.T) {
	s := openShop(t, nil)
	yellow := plain(blue, red)
	var p photoAnswer
	s.answers(t, form("PUT", "/v1/photos/new%2Fone", "@photo", yellow, "product", "two-tone", "category", "Cups",
		"title", "Two", "field", "size=l"), 201, &p)
	if p.Photo != "new/one" || p.Fields["size"] != "l" || p.Product != "two-tone" {
		t.Errorf("%+v", p)
	}
	var a searchAnswer
	s.answers(t, form("POST", "/v1/search", "@photo", yellow, "k", 1), 200, &a)
	if names(a) != "two-tone" || a.Products[0].Score < 0.999 || a.State != 6 {
		t.Errorf("%+v", a)
	}
	s.answers(t, get("/image?id=new%2Fone&side=160"), 200, nil)
	if n := s.uploads(t); n != 1 {
		t.Errorf("%d files", n)
	}
	s.answers(t, form("PUT", "/v1/photos/new%2Fone", "@photo", plain(green, blue), "product", "other"), 200, &p)
	s.answers(t, get("/v1/photos/new%2Fone"), 200, &p)
	if p.Product != "other" || s.uploads(t) != 1 {
		t.Errorf("%+v, %d files", p, s.uploads(t))
	}
	r := get("/v1/photos/new%2Fone")
	r.Method = "DELETE"
	s.answers(t, r, 204, nil)
	s.refuses(t, get("/v1/photos/new%2Fone"), 404, "no photo")
	s.refuses(t, r.Clone(t.Context()), 404, "no photo")
	if n := s.uploads(t); n != 0 {
		t.Errorf("%d files are left", n)
	}
	// A photo of the catalogue can be removed; its file is the catalogue's.
	r = get("/v1/photos/blue-1")
	r.Method = "DELETE"
	s.answers(t, r, 204, nil)
	if _, err := os.Stat(filepath.Join(s.dir, "blue-1.jpg")); err != nil {
		t.Error(err)
	}
	s.refuses(t, form("PUT", "/v1/photos/x", "product", "p"), 422, "File required")
	s.refuses(t, form("PUT", "/v1/photos/x", "@photo", []byte("none")), 422, "not an image")
	odd := errors.New(s.dir + " is odd")
	for err, status := range map[error]int{ErrBusy: 503, ErrFull: 507, ErrReadOnly: 403, odd: 500} {
		s.index.fail = err
		s.refuses(t, form("PUT", "/v1/photos/x", "@photo", yellow), status, "")
		if n := s.uploads(t); n != 0 {
			t.Errorf("%v: %d files are left", err, n)
		}
	}
}

func (s *shop) uploads(t *testing.T) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "uploads", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestReadOnly(t *testing.T) {
	s := openShop(t, func(o *Options) { o.ReadOnly = true })
	s.refuses(t, form("PUT", "/v1/photos/x", "@photo", plain(red, white)), 403, "neither added nor removed")
	r := get("/v1/photos/red-1")
	r.Method = "DELETE"
	s.refuses(t, r, 403, "neither added nor removed")
}

func TestProducts(t *testing.T) {
	s := openShop(t, nil)
	var photos struct{ Photos []photoAnswer }
	s.answers(t, get("/v1/products/red"), 200, &photos)
	if len(photos.Photos) != 2 || photos.Photos[1].Photo != "red/2" {
		t.Errorf("%+v", photos)
	}
	var a searchAnswer
	s.answers(t, get("/v1/products/red/similar?k=2&explain=1"), 200, &a)
	if len(a.Products) != 2 || strings.Contains(names(a), "red") || a.Explain == nil {
		t.Errorf("%+v", a)
	}
	s.answers(t, get("/v1/products/red/similar?category=Plates"), 200, &a)
	if len(a.Products) != 2 {
		t.Errorf("%+v", a)
	}
	s.refuses(t, get("/v1/products/none/similar"), 404, `no product "none"`)
	s.refuses(t, get("/v1/products/red/similar?k=0"), 422, "k:")
	s.refuses(t, get("/v1/products/red/similar?min_score=nan"), 400, "min_score is NaN")
	var c struct{ Categories []categoryAnswer }
	s.answers(t, get("/v1/categories"), 200, &c)
	if len(c.Categories) != 4 || c.Categories[0] != (categoryAnswer{"Cups", 3}) {
		t.Errorf("%+v", c)
	}
	var i indexAnswer
	s.answers(t, get("/v1/index"), 200, &i)
	if i.Photos != 5 || i.Dim != 512 {
		t.Errorf("%+v", i)
	}
}

// The description is OpenAPI 3.1 with all of /v1.
func TestOpenAPI(t *testing.T) {
	s := openShop(t, nil)
	var d struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	s.answers(t, get("/openapi.json"), 200, &d)
	if !strings.HasPrefix(d.OpenAPI, "3.1") || len(d.Paths) != 13 || d.Paths["/v1/search"]["post"] == nil ||
		d.Paths["/v1/photos/{id}"]["put"] == nil {
		t.Errorf("%+v", d)
	}
}

func TestHealthAndMetrics(t *testing.T) {
	s := openShop(t, nil)
	s.answers(t, get("/healthz"), 200, nil)
	s.answers(t, get("/readyz"), 200, nil)
	s.answers(t, form("POST", "/v1/search", "@photo", plain(red, white)), 200, nil)
	s.answers(t, get("/v1/photos/gone"), 404, nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, get("/metrics"))
	for _, line := range []string{
		`pvs_requests_total{route="POST /v1/search",status="200"} 1`,
		`pvs_requests_total{route="GET /v1/photos/{id}",status="404"} 1`,
		`pvs_stage_seconds_count{stage="embed"} 1`, "pvs_batch_photos_count 1", "pvs_index_photos 5", "pvs_index_state 5",
		"pvs_photos_inside 0", "go_goroutines",
	} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("no %s", line)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, get("/readyz"), 503, "being stopped")
	s.refuses(t, form("POST", "/v1/search", "id", "red-1"), 503, "being stopped")
	s.answers(t, get("/healthz"), 200, nil)
}
