package serve

import (
	"context"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/teach"
)

// Source is the state as a fit looks at it.
func (s *memorySnapshot) Source() (teach.Source, teach.Made) {
	return memorySource{s}, teach.Made{Name: s.m.name, Network: "histogram", Dim: s.m.dim, Digest: s.m.digest}
}

type memorySource struct{ s *memorySnapshot }

func (m memorySource) of(p stored) teach.Photo {
	return teach.Photo{ID: p.ID, Product: p.Product, Digest: p.Digest, Vector: p.vector}
}

func (m memorySource) Nearest(ctx context.Context, vector []float32, k int) (list []teach.Photo, err error) {
	found, err := m.s.Search(ctx, Query{Vector: vector, K: k, Photos: true})
	for _, h := range found.Products {
		p := m.of(m.s.photos[h.Photo.ID])
		p.Score = h.Score
		list = append(list, p)
	}
	return list, err
}

func (m memorySource) Photo(_ context.Context, id string) (teach.Photo, bool, error) {
	p, ok := m.s.photos[id]
	return m.of(p), ok, nil
}

func (m memorySource) Product(ctx context.Context, product string) (list []teach.Photo, err error) {
	photos, err := m.s.Product(ctx, product)
	for _, p := range photos {
		list = append(list, m.of(m.s.photos[p.ID]))
	}
	return list, err
}

func (m memorySource) Sample(_ context.Context, n int, _ uint64) (list []teach.Photo, err error) {
	for _, p := range m.s.photos {
		list = append(list, m.of(p))
	}
	slices.SortFunc(list, func(a, b teach.Photo) int { return strings.Compare(a.ID, b.ID) })
	return list[:min(n, len(list))], nil
}

// openTaught is a shop that keeps clicks.
func openTaught(t testing.TB, change func(*Options)) (s *shop, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "clicks.jsonl")
	j, err := teach.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return openShop(t, func(o *Options) {
		o.Clicks = j
		if change != nil {
			change(o)
		}
	}), file
}

type teachState struct {
	Clicks  []clickAnswer
	State   int
	Fitting bool
	Fit     *fitAnswer
}

// fits waits for the fit to all clicks.
func (s *shop) fits(t testing.TB) (state teachState) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		state = teachState{}
		s.answers(t, get("/v1/teach"), 200, &state)
		if !state.Fitting && state.Fit != nil && state.Fit.State == state.State {
			return state
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("%+v", state)
		}
	}
}

func remove(url string) *http.Request {
	r := get(url)
	r.Method = "DELETE"
	return r
}

// Clicks are kept, listed, learned from in the background, and taken back; without them nothing of this is there.
func TestClicks(t *testing.T) {
	plainly := openShop(t, nil)
	plainly.refuses(t, get("/v1/teach"), 404, "nothing at this address")
	plainly.refuses(t, form("POST", "/v1/search", "id", "red-1", "taught", "1"), 400, "keeps no clicks")
	plainly.answers(t, form("POST", "/v1/search", "id", "red-1", "taught", "0"), 200, nil)
	contains(t, plainly.page(t, "/?id=red-1", 200), "-Same product", "-Taught by clicks")

	s, file := openTaught(t, nil)
	var state teachState
	s.answers(t, get("/v1/teach"), 200, &state)
	if state.State != 0 || len(state.Clicks) != 0 {
		t.Errorf("%+v", state)
	}
	var c, again clickAnswer
	photo := plain(red, white)
	s.answers(t, form("POST", "/v1/teach/pairs", "@photo", photo, "found", "red/2", "same", "true", "who", "Ann"), 201, &c)
	s.answers(t, form("POST", "/v1/teach/pairs", "@photo", photo, "found", "red/2", "same", "true"), 201, &again)
	if c.ID == "" || c.ID != again.ID || c.Photo != "" || c.Found != "red/2" || !c.Same || c.Who != "Ann" ||
		!strings.HasPrefix(c.Index, "histogram, ") {
		t.Errorf("%+v, again %+v", c, again)
	}
	s.answers(t, form("POST", "/v1/teach/pairs", "id", "green-1", "found", "blue-1", "same", "false"), 201, &c)
	state = s.fits(t)
	if f := state.Fit; state.State != 2 || len(state.Clicks) != 2 || f.Clicks != 2 || f.Queries != 2 || f.LeftOut != 0 ||
		f.Verdict != string(teach.Few) || f.Applied || f.HeldOut != nil || !strings.HasSuffix(f.Says, "these are for 2") {
		t.Errorf("%+v, %+v", state, state.Fit)
	}
	// An answer says by which clicks it is made; by itself it is not, where they are not shown to help.
	for mode, on := range map[string]bool{"": false, "0": false, "1": true} {
		var a searchAnswer
		s.answers(t, form("POST", "/v1/search", "@photo", photo, "taught", mode, "k", 200), 200, &a)
		if a.Taught == nil || a.Taught.On != on || a.Taught.Clicks != 2 || a.Taught.State != 2 || names(a) == "" {
			t.Errorf("taught=%s: %+v", mode, a.Taught)
		}
		if len(a.Products) != 4 || on != (a.Cutoff == 0) {
			t.Errorf("taught=%s: %d products, cut-off %g", mode, len(a.Products), a.Cutoff)
		}
		s.answers(t, get("/v1/products/red/similar?taught="+mode), 200, &a)
		if a.Taught == nil || a.Taught.On != on || strings.Contains(names(a), "red") {
			t.Errorf("similar, taught=%s: %+v", mode, a)
		}
	}
	s.answers(t, remove("/v1/teach/pairs/"+c.ID+"?who=Bob"), 204, nil)
	s.refuses(t, remove("/v1/teach/pairs/"+c.ID), 404, "was taken back")
	if state = s.fits(t); state.State != 3 || state.Fit.Clicks != 1 {
		t.Errorf("%+v, %+v", state, state.Fit)
	}
	if kept, err := teach.Read(file); err != nil || kept.Lines != 3 || len(kept.Clicks) != 1 {
		t.Errorf("%+v, %v", kept, err)
	}
}

// What cannot be clicked is said in one sentence, and is not kept.
func TestRefusedClicks(t *testing.T) {
	s, _ := openTaught(t, nil)
	photo := plain(red, white)
	for _, c := range []struct {
		parts  []any
		status int
		say    string
	}{
		{[]any{"found", "red-1", "same", "true"}, 400, "nothing to search for"},
		{[]any{"@photo", photo, "id", "red-1", "found", "blue-1", "same", "true"}, 400, "not for both"},
		{[]any{"@photo", photo, "same", "true"}, 422, "found"},
		{[]any{"@photo", photo, "found", "red-1"}, 422, "same"},
		{[]any{"@photo", photo, "found", "gone", "same", "true"}, 404, `no photo "gone"`},
		{[]any{"id", "gone", "found", "red-1", "same", "true"}, 404, `no photo "gone"`},
		{[]any{"id", "red-1", "found", "red-1", "same", "true"}, 400, "both photos are the same one"},
		{[]any{"id", "red-1", "found", "blue-1", "same", "perhaps"}, 422, "same"},
		{[]any{"id", "red-1", "found", "blue-1", "same", "true", "who", strings.Repeat("x", 81)}, 422, "who"},
		{[]any{"id", "red-1", "found", "blue-1", "same", "true", "who", "a\nb"}, 400, "control characters"},
		{[]any{"@photo", []byte("none"), "found", "red-1", "same", "true"}, 422, "not an image"},
	} {
		s.refuses(t, form("POST", "/v1/teach/pairs", c.parts...), c.status, c.say)
	}
	s.refuses(t, form("POST", "/v1/search", "id", "red-1", "taught", "maybe"), 400, "must be 1 or 0")
	var state teachState
	s.answers(t, get("/v1/teach"), 200, &state)
	if state.State != 0 {
		t.Errorf("%+v", state)
	}
}

// Clicks are guarded as everything else is.
func TestClicksAreGuarded(t *testing.T) {
	s, _ := openTaught(t, func(o *Options) { o.Token = "a token of some length" })
	click := func() *http.Request {
		return form("POST", "/v1/teach/pairs", "id", "red-1", "found", "blue-1", "same", "true")
	}
	page := func() *http.Request {
		return form("POST", "/teach", "id", "red-1", "do", "same:blue-1", "back", "id=red-1")
	}
	for _, make := range []func() *http.Request{click, page,
		func() *http.Request { return remove("/v1/teach/pairs/x") }, func() *http.Request { return get("/v1/teach") }} {
		s.refuses(t, make(), 401, "token")
		r := make()
		if r.Method == "GET" {
			continue
		}
		r.Header.Set("Authorization", "Bearer a token of some length")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		s.refuses(t, r, 403, "another site")
	}
	s2, _ := openTaught(t, func(o *Options) { o.ReadOnly = true }) // photos stay, clicks are another thing
	s2.answers(t, click(), 201, nil)
}

// press sends the page's form as a browser without script does, and returns where it leads.
func (s *shop) press(t *testing.T, cookie string, parts ...any) (to string, h http.Header) {
	t.Helper()
	r := form("POST", "/teach", parts...)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 303 {
		t.Fatalf("%v: %d: %s", parts, w.Code, w.Body)
	}
	return w.Header().Get("Location"), w.Header()
}

// Without script: buttons on cards, the name, the panel, taking back; a sent photo, a photo of the index, and a part of
// one.
func TestTeachPage(t *testing.T) {
	s, _ := openTaught(t, nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, form("POST", "/search", "@photo", plain(red, white)))
	link := w.Header().Get("Location")
	q, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	first := s.page(t, link, 200)
	contains(t, first, `value="same:red-1"`, `value="not:blue-1"`, `form="teach"`, `enctype="multipart/form-data"`,
		`name="q" value="`+q.Query().Get("q"), "Say of products whether they are it", "-take back", "-style=", "-onclick")
	_, h := s.press(t, "", "do", "name", "who", " Änn; B ", "back", q.RawQuery)
	cookie, _, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	if !strings.HasPrefix(cookie, "pvs_who=") || !strings.Contains(h.Get("Set-Cookie"), "HttpOnly") {
		t.Fatal(h)
	}
	to, _ := s.press(t, cookie, "do", "same:red/2", "q", q.Query().Get("q"), "back", q.RawQuery)
	if to != link {
		t.Errorf("back to %s, not %s", to, link)
	}
	s.press(t, cookie, "do", "not:blue-1", "q", q.Query().Get("q"), "back", q.RawQuery)
	s.press(t, "", "do", "not:green-1", "id", "red-1", "back", "id=red-1")
	state := s.fits(t)
	if len(state.Clicks) != 3 || state.Clicks[0].Who != "Änn; B" || state.Clicks[2].Photo != "red-1" {
		t.Fatalf("%+v", state)
	}
	r := get(link)
	r.Header.Set("Cookie", cookie)
	w = httptest.NewRecorder()
	s.ServeHTTP(w, r)
	contains(t, w.Body.String(), "3 clicks: 1 the same product, 2 not", `value="Änn; B"`,
		`value="undo:`+state.Clicks[1].ID, "Too few to say", `aria-checked="false"`, "taught=1",
		`value="undo:`+state.Clicks[0].ID) // the card shows another photo of the product
	on := s.page(t, link+"&taught=1", 200)
	contains(t, on, `aria-checked="true"`, "taught=0", "-This one is likely it")
	contains(t, s.page(t, "/product?photo=red-1&taught=1&"+link[2:], 200), "Why it was found", "of 1, which is the same")
	to, _ = s.press(t, "", "do", "undo:"+state.Clicks[1].ID, "q", q.Query().Get("q"), "back", q.RawQuery)
	contains(t, s.page(t, to, 200), "2 clicks", `value="not:blue-1"`)
	// A part of a photo of the index is kept by its vector.
	part := s.page(t, "/?id=red-1&crop=0.3,0.3,0.4,0.4", 200)
	contains(t, part, `name="q" value="`, "-name=\"id\"")
	for _, c := range [][]any{{"do", "same:gone", "id", "red-1", "back", ""}, {"do", "dance", "back", ""},
		{"do", "undo:none", "back", ""}, {"do", "same:blue-1", "q", "x", "back", ""},
		{"do", "same:blue-1", "id", "red-1", "back", "%"}, {"do", "name", "who", strings.Repeat("x", 81), "back", ""}} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, form("POST", "/teach", c...))
		if w.Code/100 != 4 {
			t.Errorf("%v: %d", c, w.Code)
		}
	}
	if to, _ := s.press(t, "", "do", "name", "who", "x", "back", "q=&x=//evil.example"); to != "/" {
		t.Errorf("the form leads to %s", to)
	}
}

// Another network's clicks are counted and left out, and kept; a fit is of the network that answers.
func TestClicksOfAnotherNetwork(t *testing.T) {
	s, file := openTaught(t, nil)
	for _, found := range []string{"blue-1", "green-1"} {
		s.answers(t, form("POST", "/v1/teach/pairs", "id", "red-1", "found", found, "same", "false"), 201, nil)
	}
	s.fits(t)
	other := newMemory("other", s.index.dim)
	other.digest = "another"
	for _, p := range s.index.photos {
		if _, err := other.Put(t.Context(), p.Photo, p.vector); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Swap(other, s.live.Load().batch.embedder); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		state := s.fits(t)
		if state.Fit.LeftOut == 2 && state.Fit.Clicks == 0 && len(state.Clicks) == 2 &&
			strings.Contains(state.Fit.LeftText, "another network") {
			break
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("%+v", state.Fit)
		}
	}
	var a searchAnswer
	s.answers(t, form("POST", "/v1/search", "id", "red-1", "taught", "1"), 200, &a)
	if a.Taught.On {
		t.Error("clicks of another network are applied")
	}
	contains(t, s.page(t, "/?id=red-1", 200), "2 made on vectors of another network")
	if kept, err := teach.Read(file); err != nil || len(kept.Clicks) != 2 {
		t.Errorf("%+v, %v", kept, err)
	}
}

// Clicks on many photos that the histogram mistakes are shown to help, and are applied from then on; searches go on
// while they are learned from.
func TestTaughtSearch(t *testing.T) {
	s, _ := openTaught(t, nil)
	// Mugs on grounds of other colours: to the histogram the ground counts more than the mug.
	grounds := []color.RGBA{white, black, blue, green, {200, 200, 40, 255}}
	for i := range 24 {
		mug := color.RGBA{uint8(40 + 8*i), uint8(250 - 9*i), uint8(60 + 50*(i%4)), 255}
		for j, g := range grounds[:3] {
			data := plain(mug, g)
			p := Photo{ID: fmt.Sprintf("m%d-%d", i, j), Product: fmt.Sprintf("m%d", i), Category: "Cups > Mugs"}
			if _, err := s.index.Put(t.Context(), p, vectorOfJPEG(t, data)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 12 {
		mug := color.RGBA{uint8(40 + 8*i), uint8(250 - 9*i), uint8(60 + 50*(i%4)), 255}
		photo := plain(mug, grounds[3+i%2])
		var a searchAnswer
		s.answers(t, form("POST", "/v1/search", "@photo", photo, "taught", "0", "k", 1), 200, &a)
		own := fmt.Sprintf("m%d", i)
		if a.Products[0].Product != own {
			wrong := a.Products[0].Photo
			s.answers(t, form("POST", "/v1/teach/pairs", "@photo", photo, "found", wrong, "same", "false"), 201, nil)
		}
		s.answers(t, form("POST", "/v1/teach/pairs", "@photo", photo, "found", own+"-0", "same", "true"), 201, nil)
	}
	state := s.fits(t)
	t.Log(state.Fit.Says)
	right := func(mode string) (n int) {
		for i := 12; i < 24; i++ {
			mug := color.RGBA{uint8(40 + 8*i), uint8(250 - 9*i), uint8(60 + 50*(i%4)), 255}
			var a searchAnswer
			s.answers(t, form("POST", "/v1/search", "@photo", plain(mug, grounds[3+i%2]), "taught", mode, "k", 1), 200, &a)
			if a.Products[0].Product == fmt.Sprintf("m%d", i) {
				n++
			}
		}
		return n
	}
	before, after, usual := right("0"), right("1"), right("")
	t.Logf("of 12 photos of other mugs %d and %d are right", before, after)
	if state.Fit.Verdict != string(teach.Helps) || after <= before || usual != after {
		t.Errorf("%d, then %d, and by itself %d of 12 are right: %+v", before, after, usual, state.Fit)
	}
}
