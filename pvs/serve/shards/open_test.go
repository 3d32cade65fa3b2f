package shards

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
)

var colours = []color.RGBA{{200, 0, 0, 255}, {0, 200, 0, 255}, {0, 0, 200, 255}, {200, 200, 0, 255}}

func pathOf(id string) string { return url.PathEscape(id) }

// What cannot be searched as one is refused at the start, in one sentence.
func TestRefused(t *testing.T) {
	t.Parallel()
	list := catalogue(60, 1)
	parts := cut(list, 2)
	one := serving(t, made(t, parts[0], tiny), tiny, "")
	two := serving(t, made(t, parts[1], tiny), tiny, "")
	whole := serving(t, made(t, list, tiny), tiny, "")
	most := serving(t, made(t, append(parts[1][:len(parts[1]):len(parts[1])], parts[0][0]), tiny), tiny, "")
	other := serving(t, made(t, parts[1], network{name: "other", dim: dim}), network{name: "other", dim: dim}, "")
	wide := network{name: "tiny", dim: 3}
	three := serving(t, made(t, []index.Entry{{Photo: index.Photo{ID: "x"}, Vector: []float32{1, 0, 0}}}, wide), wide, "")
	locked := serving(t, made(t, parts[1], tiny), tiny, "a token of the shard")
	version := serving(t, made(t, parts[1], tiny), tiny, "")
	version.failing(func(w http.ResponseWriter, r *http.Request) bool {
		w.Write([]byte(`{"version": 2}`))
		return true
	})
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	c := clusterOf(t, parts, Options{})
	front := httptest.NewServer(frontOf(t, c, nil))
	defer front.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, bad := range []struct {
		urls []string
		say  string
	}{
		{nil, "no shards"},
		{[]string{"10.0.0.1:80"}, "no address of a shard"},
		{[]string{"ftp://10.0.0.1"}, "no address of a shard"},
		{[]string{"http://user:word@10.0.0.1"}, "no address of a shard"},
		{[]string{"http://10.0.0.1/shard"}, "no address of a shard"},
		{[]string{one.URL, one.URL + "/"}, "named twice"},
		{[]string{one.URL, strings.Replace(one.URL, "127.0.0.1", "localhost", 1)}, "serve the same index"},
		{[]string{one.URL, other.URL}, "cannot be compared"},
		{[]string{one.URL, three.URL}, "all shards need one network"},
		{[]string{one.URL, most.URL}, fmt.Sprintf("the photo %q is in both", parts[0][0].ID)},
		{[]string{one.URL, two.URL, whole.URL}, fmt.Sprintf("and %d more are in two shards", len(list)-1)},
		{[]string{one.URL, locked.URL}, "asks for a token"},
		{[]string{one.URL, version.URL}, "version 2 of the shards' protocol"},
		{[]string{one.URL, web.URL}, "no server of this program"},
		{[]string{front.URL}, "cannot be a shard"},
		{[]string{gone.URL}, "none of the shards answers"},
	} {
		ix, err := Open(t.Context(), bad.urls, Options{})
		if err == nil {
			ix.Close()
		}
		if err == nil || !strings.Contains(err.Error(), bad.say) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, not %q", bad.urls, err, bad.say)
		}
	}
}

// A shard that was not there at the start is checked when it comes: taken in, or refused for good.
func TestLate(t *testing.T) {
	t.Parallel()
	list := catalogue(60, 1)
	parts := cut(list, 2)
	dead := func(w http.ResponseWriter, r *http.Request) bool { panic(http.ErrAbortHandler) }
	one, two := serving(t, made(t, parts[0], tiny), tiny, ""), serving(t, made(t, parts[1], tiny), tiny, "")
	twice := serving(t, made(t, append(parts[1][:len(parts[1]):len(parts[1])], parts[0][0]), tiny), tiny, "")
	for _, late := range []struct {
		s   *server
		say string
	}{{two, "it is searched again"}, {twice, "is in both"}} {
		late.s.failing(dead)
		c := &cluster{}
		ix, err := Open(t.Context(), []string{one.URL, late.s.URL}, Options{Log: c.log, Again: 10 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if m := missing(snapshotOf(t, ix)); len(m) != 1 {
			t.Error(m)
		}
		late.s.failing(nil)
		soon(t, late.say, func() bool { return strings.Contains(c.logged(), late.say) })
		if m := missing(snapshotOf(t, ix)); (len(m) == 0) != (late.s == two) {
			t.Errorf("%s: %v", late.say, m)
		}
		ix.Close()
	}
}

// A shard that is given another index while it is searched is left out until that was compared: an index of the same
// photos is taken in, one of another network never.
func TestChangedIndex(t *testing.T) {
	t.Parallel()
	list := catalogue(60, 1)
	parts := cut(list, 2)
	c := clusterOf(t, parts, Options{})
	q := serve.Query{Vector: list[0].Vector, K: 10, Exact: true}
	before, err := snapshotOf(t, c).Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range []struct {
		of  network
		say string
	}{{tiny, "it is searched again"}, {network{name: "other", dim: dim}, "cannot be compared"}} {
		c.servers[1].failing(func(w http.ResponseWriter, r *http.Request) bool { return false })
		c.servers[1].served = serving(t, made(t, parts[1], next.of), next.of, "").served
		s := snapshotOf(t, c)
		if _, err := s.Search(t.Context(), q); err != nil || len(missing(s)) != 1 {
			t.Errorf("%v, missing %v", err, missing(s))
		}
		soon(t, next.say, func() bool { return strings.Contains(c.logged(), next.say) })
		if next.of == tiny {
			after, err := snapshotOf(t, c).Search(t.Context(), q)
			if shown(before, nil) != shown(after, err) {
				t.Errorf("%v, not %v: %v", after, before, err)
			}
		}
	}
}

// A search that its client gives up leaves no shard out.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	c := clusterOf(t, cut(catalogue(60, 1), 2), Options{})
	s := snapshotOf(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Search(ctx, serve.Query{Vector: make([]float32, dim), K: 1}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if missing(s) != nil || strings.Contains(c.logged(), "left out") {
		t.Errorf("%v, %s", missing(s), c.logged())
	}
}

// Shards of an index are asked with the token of a file, and answer nobody without it.
func TestToken(t *testing.T) {
	t.Parallel()
	c := clusterOf(t, cut(catalogue(60, 1), 2), Options{Token: "a token of the shards"})
	for _, path := range []string{"/v1/shard", "/v1/shard/ids", "/v1/shard/photos?id=x"} {
		r, err := http.Get(c.servers[0].URL + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 401 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	if dir := t.TempDir(); strings.Contains(c.logged(), dir) {
		t.Error(c.logged())
	}
}

// No answer of a shard has a path of its machine.
func TestNoPaths(t *testing.T) {
	t.Parallel()
	list := catalogue(20, 1)
	for i := range list {
		list[i].Path = filepath.Join(os.TempDir(), "secret", fmt.Sprint(i))
	}
	s := serving(t, made(t, list, tiny), tiny, "")
	for _, path := range []string{"/v1/shard", "/v1/shard/ids", "/v1/shard/photos?id=" + url.QueryEscape(list[0].ID)} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		r.Host = "localhost"
		s.served.ServeHTTP(w, r)
		if w.Code != 200 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
