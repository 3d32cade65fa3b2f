package download

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// quick are options for servers of tests: on this machine, with short pauses.
func quick() Options {
	check := func(content []byte) error {
		if !strings.HasPrefix(string(content), "photo") {
			return errors.New("what came is no photo")
		}
		return nil
	}
	return Options{AllowPrivate: true, Again: true, Pause: 2 * time.Millisecond, MaxBytes: 1000, GiveUp: 1000,
		Check: check}
}

// got is what came of addresses, by their paths.
type got struct {
	files map[string]File
	errs  map[string]error
}

// get downloads paths of a server into a folder in one run.
func get(t *testing.T, dir, server string, o Options, paths ...string) got {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	g := got{map[string]File{}, map[string]error{}}
	var addresses []string
	for _, p := range paths {
		addresses = append(addresses, server+p)
	}
	err = s.Get(t.Context(), addresses, func(address string, f File, err error) {
		p := strings.TrimPrefix(address, server)
		if err != nil {
			g.errs[p] = err
			return
		}
		g.files[p] = f
	})
	if err = errors.Join(err, s.Finish(addresses), s.Close()); err != nil {
		t.Fatal(err)
	}
	return g
}

// Servers that lie, stall, flood, redirect and break off: each is a sentence that says so, in bounded time, and
// leaves no file.
func TestBadAnswers(t *testing.T) {
	var asked sync.Map // counts by path
	mux := http.NewServeMux()
	handle := func(path string, answer http.HandlerFunc) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			n, _ := asked.LoadOrStore(path, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
			answer(w, r)
		})
	}
	handle("/html.jpg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		fmt.Fprint(w, "<html>please log in</html>")
	})
	handle("/empty", func(http.ResponseWriter, *http.Request) {})
	handle("/none", http.NotFound)
	handle("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "900")
		fmt.Fprint(w, "photo")
	})
	handle("/claims", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "100000") })
	handle("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(w, "photophoto"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	handle("/drip", func(w http.ResponseWriter, r *http.Request) { // a byte now and then
		for r.Context().Err() == nil {
			fmt.Fprint(w, "p")
			w.(http.Flusher).Flush()
			time.Sleep(50 * time.Millisecond)
		}
	})
	handle("/stall", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "photo")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	handle("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	handle("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		_, _ = io.Copy(z, io.LimitReader(zeros{}, 10<<20))
	})
	handle("/brotli", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		fmt.Fprint(w, "photo")
	})
	handle("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	handle("/disk", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	})
	handle("/down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	handle("/later", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close) // the parallel tests below run after this function
	o := quick()
	o.Attempts = 2
	dir := t.TempDir()
	for path, want := range map[string]struct {
		say      string
		attempts int64
	}{
		"/html.jpg": {"what came is no photo (the host calls it image/jpeg)", 1},
		"/empty":    {"the answer is empty (2 attempts)", 2},
		"/none":     {"it answers 404 Not Found", 1},
		"/cut":      {"the answer broke off", 2},
		"/claims":   {"over the limit", 1},
		"/endless":  {"more and more comes, over the limit", 1},
		"/drip":     {"it came too slowly", 2},
		"/stall":    {"nothing came any more", 2},
		"/silent":   {"timeout", 2},
		"/bomb":     {"more and more comes, over the limit", 1},
		"/brotli":   {`in the encoding "br"`, 1},
		"/loop":     {"it redirects more than 5 times", 6},
		"/disk":     {"it redirects to file:///etc/passwd, which is no address of HTTP", 1},
		"/down":     {"it answers 503 Service Unavailable (2 attempts)", 2},
		"/later":    {"it answers 429 Too Many Requests and asks to come back in 1h0m0s", 1},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			at, o := filepath.Join(dir, path), o
			switch path { // what each other answer takes on a busy machine is not known
			case "/drip":
				o.Total = 300 * time.Millisecond
			case "/stall":
				o.Stall = 150 * time.Millisecond
			case "/silent":
				o.Header = 150 * time.Millisecond
			}
			err := get(t, at, server.URL, o, path).errs[path]
			if err == nil || !strings.Contains(err.Error(), want.say) || !strings.Contains(err.Error(), server.URL+path) {
				t.Errorf("%v, not %q", err, want.say)
			}
			if n, _ := asked.Load(path); n.(*atomic.Int64).Load() != want.attempts {
				t.Errorf("%d requests, not %d", n.(*atomic.Int64).Load(), want.attempts)
			}
			if left, err := os.ReadDir(at); err != nil || len(left) != 1 {
				t.Errorf("the folder holds %v, not the journal alone: %v", left, err)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Addresses of this machine are refused, whatever name or redirect leads to them, and a proxy cannot hide them.
func TestPrivate(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, "photo")
	}))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	o := quick()
	o.AllowPrivate = false
	for _, address := range []string{server.URL, "http://localhost" + port, "http://2130706433" + port,
		"http://[::1]" + port, "http://[::ffff:127.0.0.1]" + port, "http://0.0.0.0" + port, "http://127.1" + port} {
		_, err := One(t.Context(), address, o)
		if err == nil || !errors.Is(err, ErrPrivate) && !strings.Contains(err.Error(), "there is no host") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if asked.Load() > 0 {
		t.Errorf("%d requests reached the server", asked.Load())
	}
	// A public host that redirects to this machine: a server that is let pass by its port.
	redirects := httptest.NewServer(http.RedirectHandler(server.URL, http.StatusFound))
	defer redirects.Close()
	c := newClient(o.withDefaults())
	letPass(c, redirects.Listener.Addr().String())
	_, err := c.once(t.Context(), redirects.URL, had{})
	if !errors.Is(err, ErrPrivate) || asked.Load() > 0 {
		t.Errorf("%v, %d requests", err, asked.Load())
	}
}

// A photo that was had is asked for by its validators, and a changed one comes.
func TestAgain(t *testing.T) {
	var version atomic.Int64
	var full, same atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		etag := fmt.Sprintf(`"%s-%d"`, r.URL.Path, version.Load()*int64(len(r.URL.Path)%2))
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			same.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		full.Add(1)
		fmt.Fprint(w, "photo "+etag)
	}))
	defer server.Close()
	dir := t.TempDir()
	first := get(t, dir, server.URL, quick(), "/a", "/bb", "/a")
	version.Add(1)
	second := get(t, dir, server.URL, quick(), "/a", "/bb", "/cc")
	if full.Load() != 4 || same.Load() != 1 || len(second.errs) > 0 {
		t.Errorf("%d full answers, %d of no change, %v", full.Load(), same.Load(), second.errs)
	}
	if first.files["/a"] != (File{second.files["/a"].Path, second.files["/a"].Size, second.files["/a"].SHA256, true}) ||
		second.files["/a"].New || !second.files["/bb"].New || first.files["/bb"].Path == second.files["/bb"].Path {
		t.Errorf("%v, then %v", first.files, second.files)
	}
	o := quick()
	o.Again = false
	third := get(t, dir, server.URL, o, "/a", "/bb", "/cc")
	if full.Load() != 4 || same.Load() != 1 || third.files["/bb"] != (File{second.files["/bb"].Path,
		second.files["/bb"].Size, second.files["/bb"].SHA256, false}) {
		t.Errorf("what is there was asked for: %v", third.files)
	}
	// A file that is gone comes again, and Remove leaves what is used and what is not ours.
	if err := os.Remove(filepath.Join(dir, third.files["/a"].Path)); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "photos", "mine.jpg")
	if err := os.WriteFile(mine, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	fourth := get(t, dir, server.URL, o, "/a", "/cc")
	if !fourth.files["/a"].New || full.Load() != 5 {
		t.Errorf("%v, %d full answers", fourth.files, full.Load())
	}
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n, err := s.Remove(map[string]bool{fourth.files["/a"].Path: true})
	if err != nil || n != 3 {
		t.Errorf("%d files removed, %v", n, err)
	}
	for _, left := range []string{mine, filepath.Join(dir, fourth.files["/a"].Path)} {
		if _, err := os.Stat(left); err != nil {
			t.Error(err)
		}
	}
	if _, there := s.Known(server.URL + "/bb"); there {
		t.Error("an address that is not kept is known")
	}
}

// A server that fails often, and a run that is interrupted again and again: each photo is given once.
func TestInterrupted(t *testing.T) {
	const photos = 80
	var requests atomic.Int64
	var gave sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1)%10 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		n, _ := gave.LoadOrStore(r.URL.Path, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
		time.Sleep(time.Millisecond)
		fmt.Fprint(w, "photo "+r.URL.Path)
	}))
	defer server.Close()
	dir := t.TempDir()
	var addresses []string
	for i := range photos {
		addresses = append(addresses, fmt.Sprintf("%s/%d", server.URL, i))
	}
	came, runs := map[string]bool{}, 0
	for done := false; !done; runs++ {
		s, err := Open(dir, quick())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		err = s.Get(ctx, addresses, func(address string, f File, err error) {
			if err != nil {
				t.Error(err)
			}
			if f.New {
				if n++; n == 16 {
					stop()
				}
			}
			came[address] = true
		})
		if done = err == nil; !done && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		stop()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(came) != photos || runs < 4 {
		t.Errorf("%d photos came in %d runs", len(came), runs)
	}
	gave.Range(func(path, n any) bool {
		if n.(*atomic.Int64).Load() != 1 {
			t.Errorf("%s was given %d times", path, n.(*atomic.Int64).Load())
		}
		return true
	})
}

// A host is left alone for as long as it asks, by all that would ask it; one that never answers is given up.
func TestPoliteness(t *testing.T) {
	var inFlight, most, requests atomic.Int64
	var last atomic.Int64 // when the host asked to be left alone, Unix nanoseconds
	early := atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := inFlight.Add(1)
		defer inFlight.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if r.Header.Get("User-Agent") != Agent {
			t.Error(r.Header)
		}
		if requests.Add(1) == 8 {
			last.Store(time.Now().UnixNano())
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		// Those that were on their way may still come, one of each of the others that ask; then nobody for a second.
		if at := last.Load(); at > 0 && time.Now().UnixNano()-at < int64(900*time.Millisecond) {
			early.Add(1)
		}
		time.Sleep(5 * time.Millisecond)
		fmt.Fprint(w, "photo "+r.URL.Path)
	}))
	defer server.Close()
	var paths []string
	for i := range 30 {
		paths = append(paths, fmt.Sprint("/", i))
	}
	o := quick()
	o.PerHost = 3
	g := get(t, t.TempDir(), server.URL, o, paths...)
	if len(g.files) != 30 || most.Load() > 3 || early.Load() > 2 || requests.Load() != 31 {
		t.Errorf("%d came, %d at a time, %d too early, %d requests", len(g.files), most.Load(), early.Load(),
			requests.Load())
	}

	var refused atomic.Int64
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refused.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer down.Close()
	o.GiveUp = 10
	g = get(t, t.TempDir(), down.URL, o, paths...)
	given := 0
	for _, err := range g.errs {
		if errors.Is(err, ErrGivenUp) {
			given++
		}
	}
	if len(g.errs) != 30 || given < 20 || refused.Load() > 10+3 {
		t.Errorf("%d failed, %d for the host was given up, %d requests", len(g.errs), given, refused.Load())
	}
}

// A run that was interrupted long ago is not gone on with where that would leave changes unseen.
func TestStale(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "photo ", asked.Add(1))
	}))
	defer server.Close()
	dir, o := t.TempDir(), quick()
	o.Stale = 12 * time.Hour
	for i, c := range []struct {
		age   time.Duration
		asked int64
	}{{0, 1}, {0, 1}, {13 * time.Hour, 2}, {0, 2}} {
		path := filepath.Join(dir, journalFile)
		if at := time.Now().Add(-c.age); i > 0 {
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Get(t.Context(), []string{server.URL}, func(_ string, _ File, err error) {
			if err != nil {
				t.Error(err)
			}
		})
		if err = errors.Join(err, s.Close()); err != nil || asked.Load() != c.asked {
			t.Errorf("run %d: %d requests, not %d, %v", i, asked.Load(), c.asked, err)
		}
	}
}

// A journal that a kill cut off is read up to there.
func TestCutJournal(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "photo "+r.URL.Path)
	}))
	defer server.Close()
	dir := t.TempDir()
	s, err := Open(dir, quick())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Get(t.Context(), []string{server.URL + "/a", server.URL + "/b"}, func(_ string, _ File, err error) {
		if err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, journalFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-9], 0o644); err != nil {
		t.Fatal(err)
	}
	server.Close()
	o := quick()
	o.Attempts = 1
	g := get(t, dir, server.URL, o, "/a", "/b")
	if len(g.files) != 1 || len(g.errs) != 1 {
		t.Errorf("%v, %v", g.files, g.errs)
	}
	if err := os.WriteFile(path, []byte("no journal\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, o); err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
		t.Errorf("%v", err)
	}
}
