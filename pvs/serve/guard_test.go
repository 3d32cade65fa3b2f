package serve

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Every answer makes a browser careful, errors and pictures too.
func TestHeaders(t *testing.T) {
	s := openShop(t, nil)
	for _, url := range []string{"/", "/v1/index", "/nothing", "/image?id=red-1&side=160", "/assets/script.js",
		"/openapi.json"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, get(url))
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", url, w.Header())
		}
	}
}

// A page of another site can neither come by a name of its own for this machine nor send forms.
func TestOtherSites(t *testing.T) {
	s := openShop(t, func(o *Options) { o.Hosts = []string{"Shop.example"} })
	for host, known := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "localhost": true, "[::1]:8080": true, "10.0.0.7": true,
		"shop.example": true, "SHOP.example.:443": true, "evil.example:8080": false, "localhost.evil.example": false,
		"127.0.0.1.evil.example": false, "": false,
	} {
		r := get("/v1/index")
		r.Host = host
		if known {
			s.answers(t, r, 200, nil)
		} else {
			s.refuses(t, r, 421, "does not go by the name")
		}
	}
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"Origin", "http://127.0.0.1:8080", true}, {"Origin", "https://evil.example", false}, {"Origin", "null", false},
		{"Sec-Fetch-Site", "same-origin", true}, {"Sec-Fetch-Site", "cross-site", false},
		{"Sec-Fetch-Site", "same-site", false}, {"Sec-Fetch-Site", "none", true},
	} {
		r := form("POST", "/v1/search", "id", "red-1")
		r.Header.Set(c.name, c.value)
		if c.ok {
			s.answers(t, r, 200, nil)
		} else {
			s.refuses(t, r, 403, "another site")
		}
	}
	r := get("/v1/index")
	r.Header.Set("Origin", "https://evil.example")
	if h := s.answers(t, r, 200, nil); h.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another site may read answers")
	}
}

// Without the token there is nothing but a sign of life.
func TestToken(t *testing.T) {
	const token = "0123456789abcdefX"
	s := openShop(t, func(o *Options) { o.Token = token })
	for _, url := range []string{"/v1/index", "/openapi.json", "/metrics", "/image?id=red-1&side=160", "/",
		"/product?photo=red-1"} {
		s.refuses(t, get(url), 401, "token")
	}
	s.refuses(t, form("POST", "/v1/search", "id", "red-1"), 401, "token")
	s.answers(t, get("/healthz"), 200, nil)
	for _, wrong := range []string{"Bearer ", "Bearer x" + token, "Basic " + token, token} {
		r := get("/v1/index")
		r.Header.Set("Authorization", wrong)
		s.refuses(t, r, 401, "token")
	}
	r := get("/v1/index")
	r.Header.Set("Authorization", "Bearer "+token)
	s.answers(t, r, 200, nil)
	// A browser comes by the link and goes on with a cookie.
	r = get("/?category=Cups&token=" + token)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	if w.Code != 303 || w.Header().Get("Location") != "/?category=Cups" || len(cookies) != 1 || !cookies[0].HttpOnly {
		t.Fatalf("%d, %v", w.Code, w.Header())
	}
	r = get("/?category=Cups")
	r.AddCookie(cookies[0])
	s.answers(t, r, 200, nil)
	s.refuses(t, get("/?token=wrong"), 401, "token")
	r = get("/")
	r.Header.Set("Accept", "text/html")
	w = httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 401 || !strings.Contains(w.Body.String(), `name="token"`) {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

func TestOpen(t *testing.T) {
	for addr, want := range map[string]bool{"127.0.0.1:80": true, "localhost:0": true, "[::1]:80": true, ":80": false,
		"0.0.0.0:80": false, "shop:80": false, "192.168.1.2:80": false} {
		if got, err := Open(addr); got != want || err != nil {
			t.Errorf("%s: %v, %v", addr, got, err)
		}
	}
	if _, err := Open("8080"); err == nil || !strings.Contains(err.Error(), "host and a port") {
		t.Error(err)
	}
}

// A body is read up to the limit, and no further, whether it says its length or not.
func TestLargeBodies(t *testing.T) {
	s := openShop(t, func(o *Options) { o.MaxBytes, o.Uploads = 1<<20, 4<<20 })
	for _, told := range []bool{true, false} {
		r := form("POST", "/v1/search", "@photo", bytes.Repeat([]byte("x"), 3<<20))
		if !told {
			r.ContentLength = -1
		}
		s.refuses(t, r, 413, "too large")
	}
	s.refuses(t, form("POST", "/v1/search", "@photo", bytes.Repeat([]byte("x"), 1<<20+100)), 422, "MiB")
	var many []any
	for range 2000 {
		many = append(many, "filter", "a=b")
	}
	s.refuses(t, form("POST", "/v1/search", many...), 413, "too many parts")
	if free := s.budget.free.Load(); free != 4<<20 {
		t.Errorf("%d bytes are still charged", 4<<20-free)
	}
}

// Uploads that are under way hold what they sent; who comes when that is all there is is turned away.
func TestUploadsTogether(t *testing.T) {
	s := openShop(t, func(o *Options) { o.MaxBytes, o.Uploads = 1<<20, 1<<20 })
	body, send := io.Pipe()
	r := form("POST", "/v1/search", "@photo", []byte("x"))
	whole, _ := io.ReadAll(r.Body)
	r.Body, r.ContentLength = body, -1
	ended := make(chan *httptest.ResponseRecorder)
	go func() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		ended <- w
	}()
	head, _, _ := bytes.Cut(whole, []byte("\r\n\r\n"))
	send.Write(append(head, "\r\n\r\n"...))
	send.Write(bytes.Repeat([]byte("x"), 900<<10))
	for s.budget.free.Load() > 124<<10 { // a pipe's bytes are read before they are charged
		time.Sleep(time.Millisecond)
	}
	s.refuses(t, form("POST", "/v1/search", "@photo", bytes.Repeat([]byte("x"), 300<<10)), 429, "uploads")
	s.answers(t, form("POST", "/v1/search", "@photo", plain(red, white)), 200, nil)
	send.CloseWithError(io.ErrUnexpectedEOF)
	if w := <-ended; w.Code != 400 {
		t.Errorf("a body that was cut off: %d", w.Code)
	}
	s.answers(t, form("POST", "/v1/search", "@photo", framed(red, white, 400, 400)), 200, nil)
}

// When as many photos wait as may, the next is turned away at once and told to come again.
func TestTooMany(t *testing.T) {
	s := openShop(t, func(o *Options) { o.Slots, o.Waiting = 1, 1 })
	done, err := s.photos.work(t.Context()) // somebody works, and another waits
	if err != nil {
		t.Fatal(err)
	}
	leave1, err1 := s.photos.enter()
	leave2, err2 := s.photos.enter()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, form("POST", "/v1/search", "@photo", plain(red, white)))
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d, %v", w.Code, w.Header())
	}
	s.answers(t, form("POST", "/v1/search", "id", "red-1"), 200, nil) // needs no decoding
	leave1()
	leave2()
	done()
	s.answers(t, form("POST", "/v1/search", "@photo", plain(red, white)), 200, nil)
}

// An answer that takes too long ends with a sentence.
func TestDeadline(t *testing.T) {
	s := openShop(t, func(o *Options) { o.Slots, o.Deadline = 1, 30e6 })
	done, err := s.photos.work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.refuses(t, form("POST", "/v1/search", "@photo", plain(red, white)), 503, "too long")
	done()
	s.answers(t, form("POST", "/v1/search", "@photo", plain(red, white)), 200, nil)
}
